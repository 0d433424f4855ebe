package postgres

// CheckVersion is tested by itself: a schema older than the oldest that this
// binary knows cannot be made.
var CheckVersion = checkVersion

// What the lists ask, for tests of their plans.
var (
	EntriesSQL = entriesSQL
	RareSQL    = rareSQL
	CommonSQL  = commonSQL
	PeopleSQL  = peopleSQL
)
