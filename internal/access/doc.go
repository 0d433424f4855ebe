// Package access answers one question: may this subject act in this tenant,
// and as what role?
//
// [Rules] say what role a method and a path ask for. A [Decider] finds out which
// tenant a request is for and what its user is there. A refusal is a value, a
// [Decision] with its [Reason]; an error means that nobody could find out.
package access
