-- Accounts: proven and claimed addresses, refresh tokens, links that work once,
-- and the mails that are to go out.

-- +goose Up
SET LOCAL lock_timeout = '5s';

-- ---------------------------------------------------------------------------
-- Whose address is it? An address belongs to the account that has proven it; an
-- account that an operator or a trusted issuer has made counts as proven. Anybody
-- may claim any address by registering: a claim is an account of its own, which
-- is never found by its address, so that a claimant neither keeps the owner out
-- nor gets what others give to the owner.

ALTER TABLE users ADD COLUMN email_verified_at timestamptz DEFAULT now(); -- null: a claim
-- The tenant a claimant joins by proving the address.
ALTER TABLE users ADD COLUMN joining_tenant_id uuid
    CONSTRAINT users_joining_tenant_id_fkey REFERENCES tenants (id) ON DELETE SET NULL;

ALTER TABLE users DROP CONSTRAINT users_email_key;
-- A deleted account gives its address back: whoever has it next is somebody else.
CREATE UNIQUE INDEX users_email_key ON users (email) WHERE email_verified_at IS NOT NULL AND status <> 'deleted';
CREATE INDEX users_email_claim_idx ON users (email, id) WHERE email_verified_at IS NULL; -- the newest claim
CREATE INDEX users_joining_tenant_id_idx ON users (joining_tenant_id) WHERE joining_tenant_id IS NOT NULL;

-- ---------------------------------------------------------------------------
-- A session remembers which tenant its last token named, so that refreshing on
-- one device does not follow a switch on another, and what its owner needs to
-- tell it from their others. It keeps no network address.

ALTER TABLE sessions ADD COLUMN tenant_id uuid
    CONSTRAINT sessions_tenant_id_fkey REFERENCES tenants (id) ON DELETE SET NULL;
ALTER TABLE sessions ADD COLUMN user_agent text NOT NULL DEFAULT ''
    CONSTRAINT sessions_user_agent_check CHECK (char_length(user_agent) <= 200);
ALTER TABLE sessions ADD COLUMN last_used_at timestamptz; -- null: not since it began
CREATE INDEX sessions_tenant_id_idx ON sessions (tenant_id) WHERE tenant_id IS NOT NULL; -- for that SET NULL
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- Each works once. Those that were used stay as long as their session may last:
-- one that comes a second time has been stolen, or its successor has.
CREATE TABLE refresh_tokens (
    token_hash bytea       CONSTRAINT refresh_tokens_pkey PRIMARY KEY, -- SHA-256; only its bearer has the token
    session_id uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz,
    CONSTRAINT refresh_tokens_token_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX refresh_tokens_one_unused ON refresh_tokens (session_id) WHERE used_at IS NULL;
CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id);

-- ---------------------------------------------------------------------------
-- Links in mails. One is good for the account it was made for as long as that
-- account has the address it was sent to.
CREATE TABLE one_use_links (
    token_hash bytea       CONSTRAINT one_use_links_pkey PRIMARY KEY, -- SHA-256; the token is in the mail alone
    purpose    text        NOT NULL,
    user_id    uuid        NOT NULL,
    email      text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT one_use_links_token_hash_check CHECK (octet_length(token_hash) = 32),
    CONSTRAINT one_use_links_purpose_check CHECK (purpose IN ('reset', 'verify')),
    CONSTRAINT one_use_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
-- A new link ends the one before.
CREATE UNIQUE INDEX one_use_links_user_id_purpose_key ON one_use_links (user_id, purpose);
CREATE INDEX one_use_links_expires_at_idx ON one_use_links (expires_at);

-- Mails to send, written in the transaction of what they tell of. A row says what
-- the mail is about and holds no token: that is made when the mail is sent. An
-- address that has no account gets a row too, and no mail, so that asking for it
-- takes the same time. Rows go when they are done with.
CREATE TABLE mails (
    id            uuid        CONSTRAINT mails_pkey PRIMARY KEY,
    kind          text        NOT NULL,
    email         text        COLLATE "C" NOT NULL,
    user_id       uuid,       -- of 'verify': whose address is to be proven
    tenant_id     uuid,       -- of 'invitation'
    invitation_id uuid,       -- of 'invitation'
    created_at    timestamptz NOT NULL DEFAULT now(),
    due_at        timestamptz NOT NULL DEFAULT now(), -- not before; a replica that sends it puts this off
    expires_at    timestamptz NOT NULL,               -- not after
    attempts      integer     NOT NULL DEFAULT 0,
    CONSTRAINT mails_kind_check CHECK (kind IN ('reset', 'verify', 'invitation', 'password_changed')),
    CONSTRAINT mails_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT mails_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX mails_due_at_idx ON mails (due_at);
CREATE INDEX mails_user_id_idx ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX mails_tenant_id_idx ON mails (tenant_id) WHERE tenant_id IS NOT NULL;

-- Whoever has an invitation's token may read that invitation, before it is known
-- which tenant it is of.
CREATE POLICY by_token ON invitations FOR SELECT
    USING (token_hash = decode(nullif(current_setting('app.token_hash', true), ''), 'hex'));

GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens, one_use_links, mails TO tenantgate_app;
GRANT UPDATE, DELETE ON sessions TO tenantgate_app;
