-- Sessions are not truncated.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- A token with a session is good until its row says that it has ended. Without the
-- rows all of them would be good for as long as they were made out, those of
-- sessions that had ended too, and none could be ended any more.
-- +goose StatementBegin
CREATE FUNCTION keep_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING
        MESSAGE = 'sessions are not truncated: tokens are good until the row of their session says that it has ended',
        HINT = 'to end all sessions: DELETE FROM sessions; the rows go when no token of them is left',
        CONSTRAINT = 'sessions_no_truncate';
END
$$;
-- +goose StatementEnd
DROP TRIGGER sessions_tell_truncate ON sessions;
CREATE TRIGGER sessions_no_truncate BEFORE TRUNCATE ON sessions FOR EACH STATEMENT EXECUTE FUNCTION keep_sessions();
