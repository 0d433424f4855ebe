// Package forward tells the upstream who is calling, for which tenant, as what
// role: in headers that only the gateway may set, and in a signed assertion for
// upstreams that do not trust the network between.
//
// Header names are written as Go keeps them: X-Tenant-Id is X-Tenant-ID. Names
// that merely fold to one of ours (X_Tenant_ID) are package sanitize's to drop.
package forward
