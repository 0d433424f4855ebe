-- Requests that came with an Idempotency-Key, and what was answered.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE idempotency_keys (
    -- SHA-256 over the caller, the route with its tenant, and the key: whoever
    -- asks finds their own answers and no others.
    id             bytea       CONSTRAINT idempotency_keys_pkey PRIMARY KEY,
    user_id        uuid        NOT NULL,
    attempt        uuid        NOT NULL, -- of the request that may carry it out
    fingerprint    bytea       NOT NULL, -- SHA-256 of the body
    reserved_at    timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    -- Set by the very transaction that does what was asked for. Where it is set
    -- and there is no answer, the gateway ended in between.
    carried_out_at timestamptz,
    status         smallint,
    tenant_id      uuid,       -- whose data the answer holds
    version        bigint,
    location       text,
    kind           text,
    body           bytea,
    CONSTRAINT idempotency_keys_id_check CHECK (octet_length(id) = 32),
    CONSTRAINT idempotency_keys_fingerprint_check CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT idempotency_keys_body_check CHECK (octet_length(body) <= 16384),
    -- Erasing a person forgets what they were told; so does purging a tenant.
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT idempotency_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_user_id_idx ON idempotency_keys (user_id);
CREATE INDEX idempotency_keys_tenant_id_idx ON idempotency_keys (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO tenantgate_app;
