// Package feed keeps what a replica remembers true: it hears of every change to
// the database, whoever makes it, has the caches forget, and lets a writer wait
// until all replicas have done so.
//
// A [Feed] runs on a [Session] of Postgres. Each round it reads the changes that
// its last snapshot did not see and renews its lease, in one statement; has them
// obeyed; and only then believes what it remembers for another lease, counted
// from before the statement was sent. Hence whoever waits for a lease (and a
// margin) after a commit need not know of any replica: each has read later than
// the commit, or does not trust its memory. That replicas acknowledge what they
// have obeyed only makes the wait short.
//
// A replica whose lease ran out announces itself before it reads and trusts
// again. A writer that has counted it as gone, and so does not wait for it, then
// either sees it announced, or commits before it reads.
package feed
