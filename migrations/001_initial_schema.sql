-- The schema of Tenantgate.
--
-- How to write the next migration. Gateways of the version before keep serving
-- while it runs and for some time after, so:
--   * Expand, then contract. One release adds (a nullable column, a column with a
--     constant default, a table, an index); a later one, when no binary reads the
--     old form any more, removes. Never rename, never change a type in place.
--   * Start with SET LOCAL lock_timeout, as below. DDL that waits for a lock makes
--     every query behind it wait too; failing and being run again is better.
--   * Add constraints NOT VALID and VALIDATE them in the next file. Build indexes
--     on big tables CONCURRENTLY, in a file that goose is told to run without a transaction.
--   * Backfill in batches, outside the migration.
--   * Name every constraint. internal/postgres/errors.go knows some by name.
--   * A table that belongs to tenants gets (tenant_id, ...) indexes, ENABLE and
--     FORCE ROW LEVEL SECURITY, the tenant policy, and the grants it needs only.
-- There is no way down: go forward, or restore a backup.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- ---------------------------------------------------------------------------
-- The role the gateway works as. It owns nothing and bypasses nothing, so
-- row-level security holds for it even where the gateway signs in as the owner
-- of the tables or as a superuser. Roles belong to the whole cluster: another
-- database's migration may be making the same one at this moment.

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenantgate_app') THEN
        BEGIN
            CREATE ROLE tenantgate_app NOLOGIN NOBYPASSRLS;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- the other migration was quicker
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING MESSAGE = format(
                    'the role tenantgate_app is missing and %1$I may not create it; as a superuser run: '
                    'CREATE ROLE tenantgate_app NOLOGIN NOBYPASSRLS; GRANT tenantgate_app TO %1$I;', current_user);
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'tenantgate_app' AND (rolsuper OR rolbypassrls)) THEN
        RAISE invalid_role_specification USING MESSAGE =
            'the role tenantgate_app bypasses row-level security; as a superuser run: '
            'ALTER ROLE tenantgate_app NOSUPERUSER NOBYPASSRLS;';
    END IF;
    BEGIN
        GRANT tenantgate_app TO CURRENT_USER;
    EXCEPTION
        WHEN unique_violation THEN
            NULL; -- granted by the other migration
        WHEN insufficient_privilege THEN
            IF NOT pg_has_role(current_user, 'tenantgate_app', 'MEMBER') THEN
                RAISE insufficient_privilege USING MESSAGE = format(
                    '%1$I may not act as tenantgate_app; as a superuser run: GRANT tenantgate_app TO %1$I;', current_user);
            END IF;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenantgate_app', current_schema());
END
$$;
-- +goose StatementEnd

GRANT SELECT ON goose_db_version TO tenantgate_app; -- to refuse a schema it does not know

-- ---------------------------------------------------------------------------
-- Versions. Each row counts its own changes, under its own row lock, so the
-- count grows in the order of commits. (A sequence would not do: a transaction
-- may take the lower number and commit later.) The version of a membership as
-- the gate sees it is the sum of its tenant's, its user's and its own; a sum of
-- growing counts changes with every change and only grows.

-- +goose StatementBegin
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := greatest(NEW.version, OLD.version + 1);
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
-- +goose StatementEnd

-- ---------------------------------------------------------------------------
-- Text that is compared is COLLATE "C": byte order, and a lower() that knows
-- ASCII alone.

CREATE TABLE tenants (
    id         uuid        CONSTRAINT tenants_pkey PRIMARY KEY,
    name       text        NOT NULL,
    slug       text        COLLATE "C" NOT NULL,
    domain     text        COLLATE "C",
    status     text        NOT NULL DEFAULT 'active',
    max_users  integer     NOT NULL DEFAULT 25,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    version    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT tenants_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
    -- A deleted tenant keeps its slug, for it may be restored.
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$'),
    -- X-Tenant takes an id or a slug: no slug may read as an id.
    CONSTRAINT tenants_slug_no_id_check CHECK (slug !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
    CONSTRAINT tenants_domain_check CHECK (
        octet_length(domain) <= 253 AND domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$'),
    CONSTRAINT tenants_status_check CHECK (status IN ('active', 'suspended', 'deleted')),
    CONSTRAINT tenants_max_users_check CHECK (max_users > 0),
    CONSTRAINT tenants_version_check CHECK (version > 0)
);
CREATE UNIQUE INDEX tenants_domain_key ON tenants (domain) WHERE domain IS NOT NULL;
CREATE TRIGGER tenants_count_change BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION count_change();

CREATE TABLE users (
    id                uuid        CONSTRAINT users_pkey PRIMARY KEY,
    email             text        COLLATE "C" NOT NULL,
    name              text        NOT NULL DEFAULT '',
    status            text        NOT NULL DEFAULT 'active',
    role              text        NOT NULL DEFAULT 'user', -- of the platform, never of a tenant
    password_hash     text        NOT NULL DEFAULT '',     -- '': cannot sign in with a password
    current_tenant_id uuid,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    version           bigint      NOT NULL DEFAULT 1,
    CONSTRAINT users_email_key UNIQUE (email),
    -- Printable ASCII in lower case. Unicode case mapping makes two people one
    -- (the Kelvin sign lowers to k), so nothing else may get in, by any way.
    CONSTRAINT users_email_check CHECK (
        octet_length(email) <= 254 AND email = lower(email COLLATE "C") AND email ~ '^[!-?A-~]{1,64}@[!-?A-~]+$'),
    CONSTRAINT users_name_check CHECK (char_length(name) <= 200),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended', 'deleted')),
    CONSTRAINT users_role_check CHECK (role IN ('user', 'platform_admin')),
    CONSTRAINT users_password_hash_check CHECK (password_hash = '' OR password_hash LIKE '$argon2id$%'),
    CONSTRAINT users_version_check CHECK (version > 0),
    -- A default only: a purged tenant leaves its people without one.
    CONSTRAINT users_current_tenant_id_fkey FOREIGN KEY (current_tenant_id) REFERENCES tenants (id) ON DELETE SET NULL
);
CREATE INDEX users_current_tenant_id_idx ON users (current_tenant_id) WHERE current_tenant_id IS NOT NULL; -- for that SET NULL
CREATE TRIGGER users_count_change BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION count_change();

CREATE TABLE tenant_users (
    id         uuid        CONSTRAINT tenant_users_pkey PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    role       text        NOT NULL,
    status     text        NOT NULL DEFAULT 'active',
    joined_at  timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    version    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT tenant_users_tenant_id_user_id_key UNIQUE (tenant_id, user_id),
    CONSTRAINT tenant_users_role_check CHECK (role IN ('viewer', 'member', 'admin')),
    CONSTRAINT tenant_users_status_check CHECK (status IN ('active', 'suspended')),
    CONSTRAINT tenant_users_version_check CHECK (version > 0),
    -- Deleting is soft; a hard delete is an erasure, and takes memberships along.
    -- Erasing the last admin of an active tenant is refused below.
    CONSTRAINT tenant_users_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT tenant_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX tenant_users_tenant_id_id_idx ON tenant_users (tenant_id, id);           -- a tenant's members, by page
CREATE INDEX tenant_users_user_id_tenant_id_idx ON tenant_users (user_id, tenant_id); -- a person's tenants, by page
CREATE TRIGGER tenant_users_count_change BEFORE UPDATE ON tenant_users FOR EACH ROW EXECUTE FUNCTION count_change();

-- Removing: hand the count of the lost row to the user, or the sum would fall and
-- a later membership could repeat an old version; and a tenant that one has left
-- is nobody's current tenant.
-- +goose StatementBegin
CREATE FUNCTION leave_tenant() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE users
    SET version = version + OLD.version + 1,
        current_tenant_id = nullif(current_tenant_id, OLD.tenant_id)
    WHERE id = OLD.user_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tenant_users_leave_tenant AFTER DELETE ON tenant_users FOR EACH ROW EXECUTE FUNCTION leave_tenant();

-- Moving a row to another person or tenant would skip all that; remove and add.
-- +goose StatementBegin
CREATE FUNCTION keep_membership_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING
        MESSAGE = 'a membership cannot be moved to another user or tenant: remove it and add the other',
        CONSTRAINT = 'tenant_users_key_fixed';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER tenant_users_key_fixed BEFORE UPDATE ON tenant_users FOR EACH ROW
    WHEN ((OLD.id, OLD.tenant_id, OLD.user_id) IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.user_id))
    EXECUTE FUNCTION keep_membership_key();

-- An active tenant keeps an active admin. The gateway checks it under the lock
-- on the tenant; this holds for SQL typed by people too. It runs at commit, takes
-- the same lock, and so sees what a concurrent removal has left.
-- +goose StatementBegin
CREATE FUNCTION keep_an_admin() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM FROM tenants WHERE id = OLD.tenant_id AND status = 'active' FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM tenant_users m JOIN users u ON u.id = m.user_id
        WHERE m.tenant_id = OLD.tenant_id AND m.role = 'admin' AND m.status = 'active' AND u.status = 'active'
    ) THEN
        RAISE integrity_constraint_violation USING
            MESSAGE = 'an active tenant needs an active admin',
            CONSTRAINT = 'tenant_users_last_admin';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER tenant_users_last_admin AFTER UPDATE OR DELETE ON tenant_users
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.role = 'admin' AND OLD.status = 'active') EXECUTE FUNCTION keep_an_admin();

CREATE TABLE tenant_configs (
    tenant_id  uuid        NOT NULL,
    key        text        COLLATE "C" NOT NULL,
    value      jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    version    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT tenant_configs_pkey PRIMARY KEY (tenant_id, key),
    CONSTRAINT tenant_configs_key_check CHECK (key ~ '^[a-z][a-z0-9_.-]{0,63}$'),
    CONSTRAINT tenant_configs_value_check CHECK (octet_length(value::text) <= 65536),
    CONSTRAINT tenant_configs_version_check CHECK (version > 0),
    -- Settings are nothing without their tenant.
    CONSTRAINT tenant_configs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
-- The tenants that list themselves, by page, however many there are that do not.
CREATE INDEX tenant_configs_listed_idx ON tenant_configs (tenant_id)
    WHERE key = 'join_policy' AND value IN ('"open"', '"domain"');
CREATE TRIGGER tenant_configs_count_change BEFORE UPDATE ON tenant_configs FOR EACH ROW EXECUTE FUNCTION count_change();

CREATE TABLE invitations (
    id         uuid        CONSTRAINT invitations_pkey PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    email      text        COLLATE "C" NOT NULL,
    role       text        NOT NULL,
    token_hash bytea       NOT NULL, -- SHA-256; the token is in the mail alone
    status     text        NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    CONSTRAINT invitations_email_check CHECK (
        octet_length(email) <= 254 AND email = lower(email COLLATE "C") AND email ~ '^[!-?A-~]{1,64}@[!-?A-~]+$'),
    CONSTRAINT invitations_role_check CHECK (role IN ('viewer', 'member', 'admin')),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    CONSTRAINT invitations_token_hash_check CHECK (octet_length(token_hash) = 32),
    -- 'expired' is written when the address is invited anew; until then a pending
    -- row past expires_at counts as expired all the same.
    CONSTRAINT invitations_status_check CHECK (status IN ('pending', 'accepted', 'revoked', 'expired')),
    CONSTRAINT invitations_version_check CHECK (version > 0),
    -- An invitation to a tenant that is gone invites to nothing.
    CONSTRAINT invitations_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX invitations_one_pending ON invitations (tenant_id, email) WHERE status = 'pending';
CREATE INDEX invitations_tenant_id_id_idx ON invitations (tenant_id, id); -- a tenant's invitations, by page
CREATE TRIGGER invitations_count_change BEFORE UPDATE ON invitations FOR EACH ROW EXECUTE FUNCTION count_change();

CREATE TABLE sessions (
    id         uuid        CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sessions_expires_at_check CHECK (expires_at > created_at),
    -- Erasing a person ends their sign-ins.
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id, id);

CREATE TABLE user_identities (
    issuer     text        COLLATE "C" NOT NULL,
    subject    text        COLLATE "C" NOT NULL,
    user_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_identities_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT user_identities_issuer_check CHECK (octet_length(issuer) BETWEEN 1 AND 1024),
    -- OpenID Connect Core 1.0, section 2: a subject has at most 255 characters.
    CONSTRAINT user_identities_subject_check CHECK (octet_length(subject) BETWEEN 1 AND 255),
    -- Erasing a person forgets their names elsewhere.
    CONSTRAINT user_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_identities_user_id_idx ON user_identities (user_id);

CREATE TABLE audit_log (
    id         uuid        CONSTRAINT audit_log_pkey PRIMARY KEY,
    tenant_id  uuid,       -- null: of the platform
    at         timestamptz NOT NULL DEFAULT now(),
    -- Plain values, not foreign keys: the log still names who acted, and on whom,
    -- when their rows are gone.
    actor_id   uuid,       -- null: an operator, or the gateway itself
    session_id uuid,
    request_id text        NOT NULL DEFAULT '',
    action     text        COLLATE "C" NOT NULL,
    target     text        NOT NULL,
    detail     jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT audit_log_action_check CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
    -- Purging a tenant is an erasure: its log holds its people's data. That it
    -- was purged is a row of the platform.
    CONSTRAINT audit_log_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX audit_log_tenant_id_id_idx ON audit_log (tenant_id, id); -- by page; ids are UUIDv7, so by time

-- The gateway's own signing keys, where the operator configures none.
CREATE TABLE gateway_keys (
    id          uuid        CONSTRAINT gateway_keys_pkey PRIMARY KEY,
    purpose     text        NOT NULL,
    algorithm   text        NOT NULL,
    private_key bytea       NOT NULL, -- PKCS #8, DER
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gateway_keys_purpose_key UNIQUE (purpose), -- the first replica to write one wins
    CONSTRAINT gateway_keys_purpose_check CHECK (purpose IN ('assertion')),
    CONSTRAINT gateway_keys_algorithm_check CHECK (algorithm IN ('EdDSA'))
);

-- ---------------------------------------------------------------------------
-- Row-level security: the second wall. A statement that forgets its WHERE
-- tenant_id, or is talked into another one, finds the rows of the transaction's
-- tenant and no others; without a tenant it finds none. FORCE, so that it holds
-- for the owner as well.

ALTER TABLE tenant_users   ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_users   FORCE  ROW LEVEL SECURITY;
ALTER TABLE tenant_configs ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_configs FORCE  ROW LEVEL SECURITY;
ALTER TABLE invitations    ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations    FORCE  ROW LEVEL SECURITY;
ALTER TABLE audit_log      ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log      FORCE  ROW LEVEL SECURITY;

CREATE POLICY tenant ON tenant_users   USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY tenant ON tenant_configs USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY tenant ON invitations    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY tenant ON audit_log      USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- "Which tenants am I in?" crosses tenants: one's own memberships, to read.
CREATE POLICY own_rows ON tenant_users FOR SELECT
    USING (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
-- "Which tenants may one register with?" does too: that one setting, to read.
CREATE POLICY join_policy ON tenant_configs FOR SELECT USING (key = 'join_policy');
-- What happens on the platform is written by the gateway, and read by operators.
CREATE POLICY platform ON audit_log FOR INSERT WITH CHECK (tenant_id IS NULL);

GRANT SELECT, INSERT, UPDATE         ON tenants, users, invitations  TO tenantgate_app; -- deletes are soft
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_users, tenant_configs TO tenantgate_app;
GRANT SELECT, INSERT                 ON sessions, user_identities, gateway_keys TO tenantgate_app;
GRANT SELECT, INSERT                 ON audit_log                    TO tenantgate_app; -- never changed, never deleted
