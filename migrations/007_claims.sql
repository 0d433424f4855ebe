-- The end of addresses that were claimed and never proven.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE INDEX users_claim_idx ON users (id) WHERE email_verified_at IS NULL; -- those that may be due

-- Erases accounts that only claim their address, are 30 days old, have not signed
-- in or stayed signed in for as long, and are members of nothing: the one way in
-- which the gateway deletes an account. It looks at that many claims after an id
-- and returns whom it erased, each with the id of the last one looked at; a row
-- without an account where there were none to erase, no row: none to look at.
--
-- Whoever is about to become a member or sign in either has the row locked, and is
-- seen, or waits for this and finds no account.
-- +goose StatementBegin
CREATE FUNCTION purge_claims(after uuid, at_most integer) RETURNS TABLE (erased uuid, looked_at uuid)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    claim uuid;
    kept  interval := interval '30 days';
BEGIN
    FOR claim IN
        SELECT u.id FROM users u WHERE u.email_verified_at IS NULL AND u.id > after ORDER BY u.id LIMIT at_most FOR UPDATE
    LOOP
        looked_at := claim;
        -- Row-level security holds for the owner of the tables too: as the claimant,
        -- it sees the memberships of that account.
        PERFORM set_config('app.user_id', claim::text, true);
        DELETE FROM users u WHERE u.id = claim AND u.email_verified_at IS NULL AND u.created_at <= now() - kept
            AND NOT EXISTS (SELECT FROM tenant_users m WHERE m.user_id = claim)
            AND NOT EXISTS (SELECT FROM sessions s WHERE s.user_id = claim AND coalesce(s.last_used_at, s.created_at) > now() - kept);
        IF FOUND THEN
            erased := claim;
            RETURN NEXT;
        END IF;
    END LOOP;
    PERFORM set_config('app.user_id', '', true);
    IF looked_at IS NOT NULL THEN
        erased := NULL;
        RETURN NEXT;
    END IF;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION purge_claims(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_claims(uuid, integer) TO tenantgate_app;
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION purge_claims(uuid, integer) SET search_path = %I, pg_temp', current_schema());
END
$$;
-- +goose StatementEnd
