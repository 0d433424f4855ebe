// Package stream knows what is open on whose behalf, and ends it when they lose
// access or their token expires. A request is decided about once, when it
// starts; a WebSocket, an event stream, a long poll or a slow transfer goes on
// for as long as both sides like. Here they are found again.
//
// A [Registry] keeps every request that was let through, from before it is
// forwarded until its handler has returned. A change that may concern some of
// them has their memberships looked up again, once for each, and ends those that
// would be refused now. One that cannot be looked up within the grace is ended
// too: access that nobody can confirm is not access.
package stream
