-- What a tenant's life needs: a domain that waits for its proof, deletion that
-- can be taken back and then is final, invitations that say who asked and who
-- came, an audit log that cannot be rewritten unnoticed, and the indexes of the
-- lists. 001_initial_schema.sql says how to write the next one.

-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE users ADD COLUMN IF NOT EXISTS email_verified_at timestamptz DEFAULT now();

-- ---------------------------------------------------------------------------
-- Tenants

ALTER TABLE tenants
    ADD COLUMN pending_domain     text COLLATE "C", -- asked for, not proven; any number of tenants may ask for the same
    ADD COLUMN domain_token       text,             -- what its TXT record has to say
    ADD COLUMN domain_verified_at timestamptz,      -- of domain; null: an operator set it
    ADD COLUMN suspended_at       timestamptz,      -- also while deleted: a restored tenant is no freer than it was
    ADD COLUMN deleted_at         timestamptz,
    ADD CONSTRAINT tenants_pending_domain_check CHECK (
        octet_length(pending_domain) <= 253 AND pending_domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$'),
    ADD CONSTRAINT tenants_domain_token_check CHECK ((pending_domain IS NULL) = (domain_token IS NULL));

UPDATE tenants SET suspended_at = updated_at WHERE status = 'suspended';
UPDATE tenants SET deleted_at = updated_at WHERE status = 'deleted';

-- The dates follow the status, whoever writes it.
-- +goose StatementBegin
CREATE FUNCTION date_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'suspended' THEN
        NEW.suspended_at := coalesce(NEW.suspended_at, now());
    ELSIF NEW.status = 'active' THEN
        NEW.suspended_at := NULL;
    END IF;
    NEW.deleted_at := CASE WHEN NEW.status = 'deleted' THEN coalesce(NEW.deleted_at, now()) END;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tenants_date_status BEFORE INSERT OR UPDATE OF status, suspended_at, deleted_at ON tenants
    FOR EACH ROW EXECUTE FUNCTION date_status();
ALTER TABLE tenants
    ADD CONSTRAINT tenants_suspended_at_check CHECK (status <> 'suspended' OR suspended_at IS NOT NULL),
    ADD CONSTRAINT tenants_deleted_at_check CHECK ((status = 'deleted') = (deleted_at IS NOT NULL));

CREATE INDEX tenants_deleted_at_idx ON tenants (deleted_at) WHERE status = 'deleted'; -- those due to be purged

-- A tenant that becomes active needs an admin as much as one that stays so.
-- +goose StatementBegin
CREATE FUNCTION activate_with_an_admin() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM tenant_users m JOIN users u ON u.id = m.user_id
        WHERE m.tenant_id = NEW.id AND m.role = 'admin' AND m.status = 'active' AND u.status = 'active'
    ) THEN
        RAISE integrity_constraint_violation USING
            MESSAGE = 'an active tenant needs an active admin',
            CONSTRAINT = 'tenant_users_last_admin';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER tenants_last_admin AFTER UPDATE OF status ON tenants
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status <> 'active' AND NEW.status = 'active') EXECUTE FUNCTION activate_with_an_admin();

-- ---------------------------------------------------------------------------
-- Members: by role in the order they joined, which also answers "is there
-- another admin?" without reading the whole tenant; and the few who are suspended.

CREATE INDEX tenant_users_tenant_id_role_id_idx ON tenant_users (tenant_id, role, id);
CREATE INDEX users_email_id_idx ON users (email, id); -- "the member with this address", whatever has become of the account
-- Whom a search may mean: the beginning of an address (users_email_id_idx), of a
-- name, or of the last word of one.
CREATE INDEX users_name_idx ON users ((lower(name) COLLATE "C"), id);
CREATE INDEX users_last_name_idx ON users ((lower(substring(name from '[^[:space:]]+$')) COLLATE "C"), id);
CREATE INDEX tenant_users_suspended_idx ON tenant_users (tenant_id, id) WHERE status = 'suspended';

-- ---------------------------------------------------------------------------
-- Invitations

ALTER TABLE invitations
    ADD COLUMN invited_by  uuid,        -- plain values, as in the log: the rows outlive the accounts
    ADD COLUMN accepted_by uuid,
    ADD COLUMN accepted_at timestamptz,
    ADD CONSTRAINT invitations_accepted_check CHECK ((accepted_by IS NULL) = (accepted_at IS NULL));
CREATE INDEX invitations_tenant_id_status_id_idx ON invitations (tenant_id, status, id); -- by page of a status
CREATE INDEX invitations_email_id_idx ON invitations (email, id);                        -- "who asks me in?", and acceptance

-- "Who asks me in?" crosses tenants: the invitations of one's own address, to read.
CREATE POLICY own_address ON invitations FOR SELECT
    USING (email = nullif(current_setting('app.email', true), ''));

-- ---------------------------------------------------------------------------
-- The audit log is a chain for each tenant, and one for the platform: an entry
-- holds the hash of the entry before it, and its own. It is
--
--   SHA-256 of the entry as JSON in the canonical form of RFC 8785, in UTF-8:
--   {"action":"member.added","actor_id":"…","at":"2026-11-26T20:44:43.123456Z",
--    "detail":{"email":"…","role":"…"},"id":"…","prev_hash":"…","request_id":"…",
--    "seq":7,"session_id":"…","target":"user:…","tenant_id":"…"}
--
-- without blanks; hashes are 64 hexadecimal digits in lower case, ids the
-- 36-character form in lower case or null, times in UTC with six digits, detail
-- an object whose values are strings. seq counts from 1 without gaps; prev_hash
-- of entry 1 is 64 zeros. internal/tenancy/chain.go computes the same without us.

CREATE TABLE audit_heads (
    chain uuid   CONSTRAINT audit_heads_pkey PRIMARY KEY, -- the tenant; zero: the platform
    seq   bigint NOT NULL,                                -- of the last entry
    hash  bytea  NOT NULL,                                -- of the last entry
    CONSTRAINT audit_heads_seq_check CHECK (seq >= 0),
    CONSTRAINT audit_heads_hash_check CHECK (octet_length(hash) = 32)
);

ALTER TABLE audit_log
    ADD COLUMN seq       bigint,
    ADD COLUMN prev_hash bytea,
    ADD COLUMN hash      bytea;

-- +goose StatementBegin
CREATE FUNCTION canonical_entry(e audit_log) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT '{"action":' || to_json(e.action::text)
        || ',"actor_id":' || coalesce(to_json(e.actor_id)::text, 'null')
        || ',"at":"' || to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || '","detail":{' || coalesce((
               SELECT string_agg(to_json(d.key) || ':' || to_json(d.value), ',' ORDER BY d.key COLLATE "C")
               FROM jsonb_each_text(e.detail) d), '')
        || '},"id":' || to_json(e.id)
        || ',"prev_hash":"' || encode(e.prev_hash, 'hex')
        || '","request_id":' || to_json(e.request_id)
        || ',"seq":' || e.seq
        || ',"session_id":' || coalesce(to_json(e.session_id)::text, 'null')
        || ',"target":' || to_json(e.target)
        || ',"tenant_id":' || coalesce(to_json(e.tenant_id)::text, 'null') || '}'
$$;
-- +goose StatementEnd

-- Links an entry to the head of its chain, whoever inserts it. The head stays
-- locked until commit, so entries are numbered, dated and chained in the order
-- of commits. It is the last lock a transaction takes: see "Locks" in
-- ARCHITECTURE.md. As its owner, so that nobody else needs to write heads.
-- +goose StatementBegin
CREATE FUNCTION chain_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    link uuid := coalesce(NEW.tenant_id, '00000000-0000-0000-0000-000000000000');
    head audit_heads;
BEGIN
    IF jsonb_typeof(NEW.detail) <> 'object' OR EXISTS (
        SELECT FROM jsonb_each(NEW.detail) d WHERE jsonb_typeof(d.value) <> 'string') THEN
        RAISE check_violation USING MESSAGE = 'the detail of an audit entry is an object of strings',
            CONSTRAINT = 'audit_log_detail_strings';
    END IF;
    INSERT INTO audit_heads AS h VALUES (link, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT (chain) DO NOTHING;
    SELECT * INTO STRICT head FROM audit_heads h WHERE h.chain = link FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.prev_hash := head.hash;
    NEW.at := clock_timestamp();
    NEW.hash := sha256(convert_to(canonical_entry(NEW), 'UTF8'));
    UPDATE audit_heads h SET seq = NEW.seq, hash = NEW.hash WHERE h.chain = link;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

-- Entries from before the chain are linked in the order they have. The owner of
-- the table is held by row-level security as well, so it steps aside meanwhile.
ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY;
-- +goose StatementBegin
DO $$
DECLARE
    e    audit_log;
    link uuid;
    head audit_heads;
BEGIN
    FOR e IN SELECT * FROM audit_log ORDER BY id LOOP
        link := coalesce(e.tenant_id, '00000000-0000-0000-0000-000000000000');
        INSERT INTO audit_heads VALUES (link, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT (chain) DO NOTHING;
        SELECT * INTO STRICT head FROM audit_heads h WHERE h.chain = link;
        e.seq := head.seq + 1;
        e.prev_hash := head.hash;
        e.hash := sha256(convert_to(canonical_entry(e), 'UTF8'));
        UPDATE audit_log SET seq = e.seq, prev_hash = e.prev_hash, hash = e.hash WHERE id = e.id;
        UPDATE audit_heads h SET seq = e.seq, hash = e.hash WHERE h.chain = link;
    END LOOP;
END
$$;
-- +goose StatementEnd
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
SET CONSTRAINTS ALL IMMEDIATE; -- or ALTER TABLE refuses, for events are pending

ALTER TABLE audit_log
    ALTER COLUMN seq SET NOT NULL,
    ALTER COLUMN prev_hash SET NOT NULL,
    ALTER COLUMN hash SET NOT NULL,
    ADD CONSTRAINT audit_log_hash_check CHECK (octet_length(prev_hash) = 32 AND octet_length(hash) = 32);

CREATE TRIGGER audit_log_chain BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION chain_entry();

-- Nothing that was logged is changed, and nothing removed, but by the erasure
-- of its whole tenant, which says so: app.erasing names the tenant.
-- +goose StatementBegin
CREATE FUNCTION keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.tenant_id::text = current_setting('app.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE integrity_constraint_violation USING
        MESSAGE = 'the audit log is only ever added to',
        HINT = 'to erase a tenant with its log: SELECT set_config(''app.erasing'', ''<its id>'', true) in the transaction',
        CONSTRAINT = 'audit_log_append_only';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION keep_log();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION keep_log();

CREATE UNIQUE INDEX audit_log_tenant_id_seq_key ON audit_log (tenant_id, seq);
CREATE UNIQUE INDEX audit_log_platform_seq_key ON audit_log (seq) WHERE tenant_id IS NULL;
CREATE INDEX audit_log_tenant_id_at_idx ON audit_log (tenant_id, at, seq);                  -- by page, by time
CREATE INDEX audit_log_tenant_id_actor_id_idx ON audit_log (tenant_id, actor_id, at, seq);  -- of somebody
CREATE INDEX audit_log_tenant_id_action_idx ON audit_log (tenant_id, action, at, seq);      -- of a kind
DROP INDEX audit_log_tenant_id_id_idx; -- no query went by it

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE  ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads USING (chain = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY platform ON audit_heads USING (chain = '00000000-0000-0000-0000-000000000000');
-- What happened on the platform is read by those who verify it, who say so.
CREATE POLICY platform_reading ON audit_log FOR SELECT
    USING (tenant_id IS NULL AND current_setting('app.platform_log', true) = 'on');
GRANT SELECT ON audit_heads TO tenantgate_app;

-- ---------------------------------------------------------------------------
-- Purging: the one way in which the gateway deletes a tenant for good. It takes
-- at most that many rows a call, and none of a tenant that has not been deleted
-- for 30 days, whoever asks. True: nothing is left.
-- +goose StatementBegin
CREATE FUNCTION purge_tenant(victim uuid, at_most integer) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM FROM tenants WHERE id = victim AND status = 'deleted' AND deleted_at <= now() - interval '30 days' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'the tenant has not been deleted for 30 days';
    END IF;
    PERFORM set_config('app.tenant_id', victim::text, true), set_config('app.erasing', victim::text, true);
    DELETE FROM tenant_users WHERE id IN (SELECT id FROM tenant_users WHERE tenant_id = victim ORDER BY id LIMIT at_most);
    GET DIAGNOSTICS removed = ROW_COUNT;
    IF removed = 0 THEN
        DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE tenant_id = victim ORDER BY id LIMIT at_most);
        GET DIAGNOSTICS removed = ROW_COUNT;
    END IF;
    IF removed = 0 THEN
        DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE tenant_id = victim ORDER BY at, seq LIMIT at_most);
        GET DIAGNOSTICS removed = ROW_COUNT;
    END IF;
    IF removed > 0 THEN
        RETURN false;
    END IF;
    DELETE FROM audit_heads WHERE chain = victim;
    DELETE FROM tenants WHERE id = victim; -- takes its configuration along, at most 200 rows
    RETURN true;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION purge_tenant(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_tenant(uuid, integer) TO tenantgate_app;

-- Functions that run as their owner look nowhere but here: a temporary table of
-- the same name would come first otherwise.
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION chain_entry() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION purge_tenant(uuid, integer) SET search_path = %I, pg_temp', current_schema());
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------------------
-- Configuration: a key that is deleted and set anew must not repeat a version,
-- or a client that remembers the old one overwrites what it has never seen. So
-- every write takes its version from a sequence.

CREATE SEQUENCE tenant_configs_version_seq;
GRANT USAGE ON SEQUENCE tenant_configs_version_seq TO tenantgate_app;
ALTER TABLE tenant_configs NO FORCE ROW LEVEL SECURITY; -- its owner sees all of it meanwhile
SELECT setval('tenant_configs_version_seq', coalesce((SELECT max(version) FROM tenant_configs), 0) + 1);
ALTER TABLE tenant_configs FORCE ROW LEVEL SECURITY;
-- +goose StatementBegin
CREATE FUNCTION number_setting() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.version := nextval('tenant_configs_version_seq');
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tenant_configs_number BEFORE INSERT OR UPDATE ON tenant_configs FOR EACH ROW EXECUTE FUNCTION number_setting(); -- after count_change
