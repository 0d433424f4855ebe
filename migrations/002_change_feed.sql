-- The change feed, and the end of sessions.
--
-- Every gateway keeps answers about who may do what. What those answers are made
-- of changes by our own writes, by other programs and by SQL that people type;
-- triggers tell of all of them alike. A gateway listens, and reads the rows below
-- that it has not seen: notifications carry nothing and may be lost.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- ---------------------------------------------------------------------------
-- What ends tokens. One with a session is good until the session ends; one
-- without (of a login service that shares our secret, of a trusted issuer) if it
-- was issued after tokens_not_before.

ALTER TABLE sessions ADD COLUMN ended_at          timestamptz; -- null: not before its time
ALTER TABLE users    ADD COLUMN tokens_not_before timestamptz; -- null: any
CREATE INDEX sessions_ended_idx ON sessions (user_id, ended_at) WHERE ended_at IS NOT NULL;
GRANT UPDATE (ended_at) ON sessions TO tenantgate_app;

-- ---------------------------------------------------------------------------
-- The changes. Rows become visible in the order of commits, which is not that of
-- their ids, so a reader goes by xid: it reads what its last snapshot did not show.

CREATE TABLE changes (
    id        bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT changes_pkey PRIMARY KEY,
    xid       xid8        NOT NULL DEFAULT pg_current_xact_id(),
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind      text        NOT NULL,          -- for people; readers go by the rest
    tenant_id uuid,                          -- null: every tenant of the user
    user_id   uuid,                          -- null: everybody in the tenant; both null and no names: everything
    slugs     text[]      NOT NULL DEFAULT '{}',
    domains   text[]      NOT NULL DEFAULT '{}'
);
CREATE INDEX changes_xid_idx ON changes (xid);
GRANT SELECT, DELETE ON changes TO tenantgate_app; -- written by the triggers alone

-- Rows of transactions below pruned may be gone. Whoever has not seen them all
-- has to forget everything.
CREATE TABLE change_feed (
    only_row boolean NOT NULL DEFAULT true CONSTRAINT change_feed_pkey PRIMARY KEY,
    pruned   xid8    NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT change_feed_only_row_check CHECK (only_row)
);
INSERT INTO change_feed DEFAULT VALUES;
GRANT SELECT, UPDATE ON change_feed TO tenantgate_app;

-- The gateways that are running. beat grows with each renewal of the lease, seen
-- is what the gateway has read and obeyed. No time is compared between machines.
CREATE TABLE replicas (
    id         uuid        CONSTRAINT replicas_pkey PRIMARY KEY,
    name       text        NOT NULL, -- for people
    lease_ms   bigint      NOT NULL,
    beat       bigint      NOT NULL DEFAULT 1,
    seen       pg_snapshot NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at    timestamptz NOT NULL DEFAULT now(), -- for people
    CONSTRAINT replicas_lease_ms_check CHECK (lease_ms > 0)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON replicas TO tenantgate_app;

-- ---------------------------------------------------------------------------
-- The triggers, one call a statement however many rows it touches. They write as
-- their owner, so that whoever may write to a table need know nothing of this.
-- Rows that differ in nothing that gateways go by are left out; a column that is
-- added later counts as one they go by.

-- +goose StatementBegin
CREATE FUNCTION tell_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    PERFORM pg_notify('tenantgate_changes', ''); -- repeated in one transaction, it is sent once
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_users() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    unread constant text[] := ARRAY['name', 'password_hash', 'role', 'updated_at', 'version'];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO changes (kind, user_id) SELECT 'user', id FROM new_rows;
    WHEN 'DELETE' THEN
        INSERT INTO changes (kind, user_id) SELECT 'user', id FROM old_rows;
    ELSE
        INSERT INTO changes (kind, user_id)
        SELECT DISTINCT 'user', c.id FROM (
            (SELECT o.id, to_jsonb(o) - unread FROM old_rows o EXCEPT SELECT n.id, to_jsonb(n) - unread FROM new_rows n)
            UNION ALL
            (SELECT n.id, to_jsonb(n) - unread FROM new_rows n EXCEPT SELECT o.id, to_jsonb(o) - unread FROM old_rows o)
        ) c;
    END CASE;
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_tenants() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    unread constant text[] := ARRAY['name', 'max_users', 'updated_at', 'version'];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO changes (kind, tenant_id, slugs, domains)
        SELECT 'tenant', id, ARRAY[slug], array_remove(ARRAY[domain], NULL) FROM new_rows;
    WHEN 'DELETE' THEN
        INSERT INTO changes (kind, tenant_id, slugs, domains)
        SELECT 'tenant', id, ARRAY[slug], array_remove(ARRAY[domain], NULL) FROM old_rows;
    ELSE
        INSERT INTO changes (kind, tenant_id, slugs, domains)
        SELECT 'tenant', c.id, array_agg(DISTINCT c.slug), array_remove(array_agg(DISTINCT c.domain), NULL) FROM (
            (SELECT o.id, o.slug, o.domain, to_jsonb(o) - unread FROM old_rows o
             EXCEPT SELECT n.id, n.slug, n.domain, to_jsonb(n) - unread FROM new_rows n)
            UNION ALL
            (SELECT n.id, n.slug, n.domain, to_jsonb(n) - unread FROM new_rows n
             EXCEPT SELECT o.id, o.slug, o.domain, to_jsonb(o) - unread FROM old_rows o)
        ) c GROUP BY c.id;
    END CASE;
    RETURN NULL;
END
$$;

-- A statement that touches more than a hundred members of a tenant is told of as
-- one that touches them all.
CREATE FUNCTION tell_of_tenant_users() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO changes (kind, tenant_id, user_id)
        SELECT DISTINCT 'member', tenant_id, CASE WHEN count(*) OVER (PARTITION BY tenant_id) <= 100 THEN user_id END FROM new_rows;
    WHEN 'DELETE' THEN
        INSERT INTO changes (kind, tenant_id, user_id)
        SELECT DISTINCT 'member', tenant_id, CASE WHEN count(*) OVER (PARTITION BY tenant_id) <= 100 THEN user_id END FROM old_rows;
    ELSE -- the key of a membership does not change, see keep_membership_key
        INSERT INTO changes (kind, tenant_id, user_id)
        SELECT DISTINCT 'member', c.tenant_id, CASE WHEN count(*) OVER (PARTITION BY c.tenant_id) <= 100 THEN c.user_id END
        FROM (SELECT tenant_id, user_id, role, status FROM new_rows
              EXCEPT SELECT tenant_id, user_id, role, status FROM old_rows) c;
    END CASE;
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_tenant_configs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO changes (kind, tenant_id) SELECT DISTINCT 'config', tenant_id FROM new_rows;
    WHEN 'DELETE' THEN
        INSERT INTO changes (kind, tenant_id) SELECT DISTINCT 'config', tenant_id FROM old_rows;
    ELSE
        INSERT INTO changes (kind, tenant_id) SELECT 'config', tenant_id FROM old_rows UNION SELECT 'config', tenant_id FROM new_rows;
    END CASE;
    RETURN NULL;
END
$$;

-- Beginning a session changes nothing for anybody, and its row is deleted when no
-- token of it is left, see keep_session.
CREATE FUNCTION tell_of_sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO changes (kind, user_id)
    SELECT DISTINCT 'session', c.user_id FROM (
        (SELECT id, user_id, ended_at FROM old_rows EXCEPT SELECT id, user_id, ended_at FROM new_rows)
        UNION ALL
        (SELECT id, user_id, ended_at FROM new_rows EXCEPT SELECT id, user_id, ended_at FROM old_rows)
    ) c;
    RETURN NULL;
END
$$;

-- What ends the tokens of a session is that its row says so. So who deletes it while
-- there may be any ends it, and the row goes later; the row of somebody who is
-- erased goes at once, for nobody is let in without their own. The first period is
-- that after which we delete rows ourselves, the second that for which ended
-- sessions are told of.
CREATE FUNCTION keep_session() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.expires_at <= now() - interval '1 day' OR OLD.ended_at <= now() - interval '25 hours'
        OR NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id) THEN
        RETURN OLD;
    END IF;
    UPDATE sessions SET ended_at = now() WHERE id = OLD.id AND ended_at IS NULL;
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_user_identities() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO changes (kind, user_id) SELECT DISTINCT 'identity', user_id FROM new_rows;
    WHEN 'DELETE' THEN
        INSERT INTO changes (kind, user_id) SELECT DISTINCT 'identity', user_id FROM old_rows;
    ELSE
        INSERT INTO changes (kind, user_id) SELECT 'identity', user_id FROM old_rows UNION SELECT 'identity', user_id FROM new_rows;
    END CASE;
    RETURN NULL;
END
$$;

CREATE FUNCTION tell_of_truncate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO changes (kind) VALUES ('truncate');
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER sessions_keep BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION keep_session();
CREATE TRIGGER changes_tell AFTER INSERT ON changes FOR EACH ROW EXECUTE FUNCTION tell_changes();

-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['users', 'tenants', 'tenant_users', 'tenant_configs', 'user_identities', 'sessions'] LOOP
        IF name <> 'sessions' THEN
            EXECUTE format('CREATE TRIGGER %1$I AFTER INSERT ON %2$I REFERENCING NEW TABLE AS new_rows '
                'FOR EACH STATEMENT EXECUTE FUNCTION %3$I()', name || '_tell_insert', name, 'tell_of_' || name);
            EXECUTE format('CREATE TRIGGER %1$I AFTER DELETE ON %2$I REFERENCING OLD TABLE AS old_rows '
                'FOR EACH STATEMENT EXECUTE FUNCTION %3$I()', name || '_tell_delete', name, 'tell_of_' || name);
        END IF;
        EXECUTE format('CREATE TRIGGER %1$I AFTER UPDATE ON %2$I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION %3$I()', name || '_tell_update', name, 'tell_of_' || name);
        EXECUTE format('CREATE TRIGGER %1$I AFTER TRUNCATE ON %2$I '
            'FOR EACH STATEMENT EXECUTE FUNCTION tell_of_truncate()', name || '_tell_truncate', name);
    END LOOP;
    -- Functions that write as their owner must not be led to another table by the
    -- search path of whoever calls them, temporary tables included.
    FOREACH name IN ARRAY ARRAY['tell_changes', 'tell_of_users', 'tell_of_tenants', 'tell_of_tenant_users',
            'tell_of_tenant_configs', 'tell_of_sessions', 'tell_of_user_identities', 'tell_of_truncate', 'keep_session'] LOOP
        EXECUTE format('ALTER FUNCTION %I() SET search_path = %I, pg_temp', name, current_schema());
    END LOOP;
END
$$;
-- +goose StatementEnd
