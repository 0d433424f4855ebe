// Package cache keeps answers of the tenancy contracts near, without letting
// them outlive what they say. Each type decorates a contract and stands in
// front of the next one that answers it:
//
//	Local → Redis → Postgres     who is what in which tenant
//	Directory → Postgres         which tenant a name or a user means
//	Identities → Postgres        which user an outside identity is
//
// No layer is needed for correctness. What bounds a wrong answer is, in this
// order: an invalidation, which holds from the moment Invalidate returns; the
// freshness of the process cache; the TTL of Redis.
package cache
