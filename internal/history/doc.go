// Package history judges what replicas have done, as a database's histories are
// judged: requests and revocations are recorded with their times, and a pure
// function says which promises were broken. It knows nothing of how replicas keep
// them.
//
// Times are those of one process's monotonic clock, counted from one moment: the
// recorder stands outside of the replicas, whose clocks may be set.
package history
