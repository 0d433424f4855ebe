// Made from openapi.yaml by `npm run types`. Not to be edited.

export interface paths {
    "/api/v1/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an account in a tenant, and sign in
         * @description `tenant` has exactly one member: `create` makes a tenant whose admin the caller becomes; `join` enters one whose `join_policy` is
         *     `open`, or `domain` where the address is in one of its domains and has been verified; `invitation` takes the token of the mail.
         *     A policy of `domain` cannot let in an address that nobody has verified yet: the account is made and signed in without a tenant,
         *     `awaiting` is `email_verification`, and the membership follows when the link in the mail is used.
         *     Where the address has an account already and the password is its password, the caller is signed in and the tenant is made or joined. Otherwise a
         *     new account is made that only claims the address, whether anybody has it or not: the answer does not tell. The mail does, to whoever reads it.
         *     A claimed address is not told to the services behind the gateway, and finds nobody: who adds it as a member invites its owner.
         *     The token of an invitation comes from a mail to its address, so with it the address is proven at once; `address_taken` is for
         *     its bearer alone. Credentials that the request carries are not looked at.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with address and password
         * @description An unknown address and a wrong password get the same answer in the same time. Credentials that the request carries are not looked at: a client
         *     whose token has run out may send it along.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a new access token for a refresh token
         * @description The refresh token comes in the body, or without a body from the cookie of a browser's session; it works once, and the answer brings the next.
         *     One that is used a second time ends the session: somebody else has it. What is no good, for whatever reason, is `token_invalid`.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End this session, or all of mine
         * @description The cookies of a browser's session are cleared. No replica serves a request of an ended session that starts after the answer.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link that sets a new password
         * @description The answer is the same, in the same time, whether the address has an account or not. The link works once, for an hour, and proves the address too.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password/reset/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a new password with the token of the link
         * @description All sessions of the account end.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link that proves that my address is mine
         * @description Where the address is verified already no mail goes out; the answer is the same.
         */
        post: operations["requestEmailVerification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/email/verify/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Prove the address with the token of the link
         * @description By the account whose link it is, signed in: otherwise whoever registers with somebody else's address would get it as soon as that person opens
         *     the link. The membership that waited for it follows.
         */
        post: operations["verifyEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change my name */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change my password
         * @description The other sessions end. A wrong current password is a `validation_failed` of `/current_password`: the token is good, so it is no 401.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where am I signed in */
        get: operations["listMySessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's id. */
                id: components["parameters"]["session"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of my sessions */
        delete: operations["endMySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asks me in
         * @description The pending invitations of my address, once it is verified; before that none.
         */
        get: operations["listMyInvitations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation with the account I am signed in to
         * @description By the token of the mail, or by the id that `GET /me/invitations` shows. It is bound to the address: the account must have it. The token
         *     proves the address; the id works for a verified one alone. The same person may accept again and gets the same answer. One that was used by
         *     somebody else, was revoked, has expired, is for another address or never was gets `invitation_gone`.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tenant of the request */
        get: operations["getCurrentTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenant/users/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many seats are taken */
        get: operations["countTenantUsers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * My tenants, or those that one may register with
         * @description Without a token: the active tenants whose `join_policy` lets people register (id, name and slug). With one: the caller's, suspended ones
         *     included, with `role` and `current`; or the deleted ones that they were an admin of and may restore. Platform admins may ask for all of them, deleted ones
         *     included.
         */
        get: operations["listTenants"];
        put?: never;
        /** Make a tenant; the caller becomes its admin */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * A tenant
         * @description For its members. Platform admins see all of them, with a `role` of null where they are no member; admins see theirs suspended too.
         */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        /**
         * Delete a tenant
         * @description For its admins and platform admins. Nobody gets in any more; it can be restored for 30 days and is purged after that.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /**
         * Change a tenant
         * @description Admins change `name`, `slug` and `domain`; `max_users` and `status` are for platform admins. What is left out stays. A new domain is pending until its TXT record is
         *     found, see `/domain`; null gives the domain up at once.
         */
        patch: operations["updateTenant"];
        trace?: never;
    };
    "/api/v1/tenants/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a deleted tenant back
         * @description For those who were its admins, and platform admins. One that is not deleted stays as it is, and the answer is the same.
         */
        post: operations["restoreTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend a tenant
         * @description For platform admins. Its members get `tenant_suspended` until it is activated.
         */
        post: operations["suspendTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a suspension
         * @description For platform admins.
         */
        post: operations["activateTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/switch": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a tenant my current one
         * @description The answer brings an access token of the same session for that tenant; in a browser's session the session cookie is renewed instead. Other tabs and
         *     clients that name their tenant are not moved. Repeating it is harmless, so it takes no `Idempotency-Key`: its answer holds a token, which is never stored.
         */
        post: operations["switchTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/leave": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Leave a tenant */
        post: operations["leaveTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/domain": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * The domain of a tenant, and how to prove a new one
         * @description For admins.
         */
        get: operations["getTenantDomain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/domain/verify": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look for the TXT record, and take the domain over
         * @description For admins. Once it is found, requests for the host belong to this tenant on every replica. Where no name server answers, so that
         *     nobody can say whether it is there, the answer is 503 and nothing has changed.
         */
        post: operations["verifyTenantDomain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * Who is in a tenant
         * @description For its members.
         */
        get: operations["listMembers"];
        put?: never;
        /**
         * Let somebody in
         * @description For admins. An address with an account becomes a member at once, unless the operator has set `members invite`; every other address is invited, and the invitation
         *     holds a seat.
         */
        post: operations["addMember"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/members/{member}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The member's id, or their address. */
                member: components["parameters"]["member"];
            };
            cookie?: never;
        };
        /**
         * One member
         * @description For members of the tenant.
         */
        get: operations["getMember"];
        put?: never;
        post?: never;
        /**
         * Remove a member, or take an invitation back
         * @description For admins. No replica serves a request of the removed member that starts after the answer.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /**
         * Change a member's role, or suspend a member
         * @description For admins.
         */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/api/v1/tenants/{id}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * Who has been asked in
         * @description For admins.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Ask somebody in
         * @description For admins. The answer is the same whether the address has an account or not. The token is in the mail alone, works once and for 7 days.
         */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/invitations/{invitation}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The invitation's id. */
                invitation: components["parameters"]["invitation"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the mail again, with a new link
         * @description For admins. The old link stops working, and the 7 days start anew.
         */
        post: operations["resendInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/invitations/{invitation}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The invitation's id. */
                invitation: components["parameters"]["invitation"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an invitation back
         * @description For admins. One that has been revoked already stays so, and the answer is the same.
         */
        post: operations["revokeInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/config": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * All settings of a tenant
         * @description For its members. Not paged, a tenant has at most 200 of them. A setting that is not set is not listed.
         */
        get: operations["listConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/config/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /**
                 * @description A known key, or one that begins with `custom.`.
                 * @example join_policy
                 */
                key: components["parameters"]["key"];
            };
            cookie?: never;
        };
        /**
         * One setting
         * @description For members.
         */
        get: operations["getConfig"];
        /**
         * Set a setting
         * @description For admins. The value of a known key is checked against its type in `TenantConfig`; keys beginning with `custom.` take any JSON of up to 64 KiB. With
         *     `If-Match` only a setting that exists in that version is changed.
         */
        put: operations["putConfig"];
        post?: never;
        /**
         * Go back to the default
         * @description For admins.
         */
        delete: operations["deleteConfig"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tenants/{id}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        /**
         * What has been done in a tenant
         * @description For admins. `format=json` is a page; `ndjson` (one entry a line) and `csv` stream all that match, oldest first, and take no `limit` and no `cursor`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.yaml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenAPI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document as a page for people */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the gateway needs answers */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers */
        get: operations["getRootHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the gateway needs answers */
        get: operations["getRootReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/tenantgate/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys that verify assertions to upstreams
         * @description Nothing is here where upstreams get no assertion.
         */
        get: operations["getAssertionKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The keys that verify access tokens
         * @description Nothing is here where a shared secret signs them.
         */
        get: operations["getTokenKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: uuid
         * @description A UUID; those that the gateway makes are of version 7, and it writes them in lower case.
         * @example 0198f0a5-5c3e-7d2b-9a41-1f6f0a5b7c3d
         */
        ID: string;
        /**
         * Format: date-time
         * @example 2026-11-26T20:44:43.123456Z
         */
        Time: string;
        /**
         * @description An address in ASCII; it is compared and stored in lower case.
         * @example ada@example.com
         */
        Email: string;
        /**
         * @description A role in a tenant; each includes those before it.
         * @enum {string}
         */
        Role: "viewer" | "member" | "admin";
        /**
         * @description A role across tenants.
         * @enum {string}
         */
        PlatformRole: "user" | "platform_admin";
        /** @enum {string} */
        TenantStatus: "active" | "suspended" | "deleted";
        /** @enum {string} */
        MemberStatus: "active" | "suspended";
        /** @enum {string} */
        InvitationStatus: "pending" | "accepted" | "revoked" | "expired";
        /**
         * @description 2 to 63 of a-z, 0-9 and -, starting and ending with a letter or digit; not a UUID and not a reserved word.
         * @example engines
         */
        Slug: string;
        /**
         * Format: password
         * @description 10 characters or more.
         */
        Password: string;
        OneUseToken: string;
        /** @description Where the next page starts; null on the last one. */
        NextCursor: string | null;
        Problem: {
            /** @constant */
            type: "about:blank";
            title: string;
            status: number;
            /** @description For people. */
            detail: string;
            code: components["schemas"]["ProblemCode"];
            request_id: string;
            errors?: components["schemas"]["Violation"][];
        };
        /**
         * @description Stable, for programs to branch on.
         * @enum {string}
         */
        ProblemCode: "bad_request" | "tenant_conflict" | "tenant_required" | "token_missing" | "token_invalid" | "token_expired" | "credentials_invalid" | "not_a_member" | "role_required" | "tenant_suspended" | "join_refused" | "origin_refused" | "not_found" | "method_not_allowed" | "already_member" | "last_admin" | "seat_limit_reached" | "slug_taken" | "address_taken" | "domain_taken" | "domain_unproven" | "idempotency_in_progress" | "idempotency_outcome_lost" | "invitation_gone" | "link_gone" | "version_mismatch" | "body_too_large" | "unsupported_media_type" | "validation_failed" | "idempotency_key_reused" | "rate_limited" | "internal_error" | "membership_unavailable";
        Violation: {
            /** @description A JSON pointer (RFC 6901) into the body; elsewhere the name after a slash. */
            pointer: string;
            /** @enum {string} */
            in: "body" | "path" | "query" | "header";
            detail: string;
        };
        Registration: {
            email: components["schemas"]["Email"];
            password: components["schemas"]["Password"];
            name: string;
            tenant: components["schemas"]["RegistrationTenant"];
            cookie?: components["schemas"]["CookieMode"];
        };
        /** @description Exactly one of the three. */
        RegistrationTenant: {
            create: components["schemas"]["NewTenant"];
        } | {
            join: components["schemas"]["Slug"];
        } | {
            invitation: components["schemas"]["OneUseToken"];
        };
        /**
         * @description Sets cookies instead of answering with tokens.
         * @default false
         */
        CookieMode: boolean;
        Credentials: {
            email: components["schemas"]["Email"];
            /** Format: password */
            password: string;
            cookie?: components["schemas"]["CookieMode"];
        };
        /**
         * @description The tokens are there unless cookies were asked for.
         * @example {
         *       "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln",
         *       "token_type": "Bearer",
         *       "expires_in": 900,
         *       "refresh_token": "tgr_3q2-7wAAq83vEjRWeJq83hI0VnirzQ",
         *       "user": {
         *         "id": "0198f0a5-0000-7000-8000-000000000001",
         *         "email": "ada@example.com",
         *         "name": "Ada Lovelace"
         *       },
         *       "tenant": {
         *         "id": "0198f0a5-0000-7000-8000-000000000002",
         *         "name": "Analytical Engines",
         *         "slug": "engines"
         *       }
         *     }
         */
        SignedIn: {
            access_token?: string;
            /** @constant */
            token_type?: "Bearer";
            /** @description Seconds until the access token expires. */
            expires_in: number;
            refresh_token?: string;
            user: components["schemas"]["User"];
            tenant: components["schemas"]["TenantName"] | null;
            /** @description In that tenant; on registration. */
            role?: components["schemas"]["Role"] | null;
            /**
             * @description What the membership waits for.
             * @enum {string}
             */
            awaiting?: "email_verification";
        };
        RefreshRequest: {
            refresh_token: components["schemas"]["OneUseToken"];
        };
        Tokens: {
            access_token?: string;
            /** @constant */
            token_type?: "Bearer";
            expires_in: number;
            refresh_token?: string;
        };
        LogoutRequest: {
            /**
             * @description All of my sessions, on every device.
             * @default false
             */
            all?: boolean;
        };
        ResetRequest: {
            email: components["schemas"]["Email"];
        };
        ResetConfirmation: {
            token: components["schemas"]["OneUseToken"];
            password: components["schemas"]["Password"];
        };
        LinkToken: {
            token: components["schemas"]["OneUseToken"];
        };
        User: {
            id: components["schemas"]["ID"];
            email: components["schemas"]["Email"];
            name: string;
        };
        Profile: {
            id: components["schemas"]["ID"];
            email: components["schemas"]["Email"];
            name: string;
            role: components["schemas"]["PlatformRole"];
            /** Format: uuid */
            current_tenant_id: string | null;
            email_verified: boolean;
        };
        ProfileChange: {
            name: string;
        };
        PasswordChange: {
            /** Format: password */
            current_password: string;
            new_password: components["schemas"]["Password"];
        };
        Session: {
            id: components["schemas"]["ID"];
            created_at: components["schemas"]["Time"];
            /** @description When it last got tokens. */
            last_used_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["Time"];
            /** @description What the client called itself when it signed in; empty where it said nothing. */
            user_agent: string;
            /** @description The session of this request. */
            current: boolean;
        };
        SessionList: {
            sessions: components["schemas"]["Session"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        TenantName: {
            id: components["schemas"]["ID"];
            name: string;
            slug: components["schemas"]["Slug"];
        };
        /** @description A tenant in a list that somebody known has asked for. `role` is null where they have none in it. */
        TenantEntry: {
            id: components["schemas"]["ID"];
            name: string;
            slug: components["schemas"]["Slug"];
            status: components["schemas"]["TenantStatus"];
            role: components["schemas"]["Role"] | null;
            current: boolean;
        };
        TenantList: {
            /** @description With a token `TenantEntry`, without one `TenantName`. */
            tenants: (components["schemas"]["TenantEntry"] | components["schemas"]["TenantName"])[];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /**
         * @description A `Tenant` without its version.
         * @example {
         *       "id": "0198f0a5-0000-7000-8000-000000000002",
         *       "name": "Analytical Engines",
         *       "slug": "engines",
         *       "domain": "calls.engines.example",
         *       "status": "active",
         *       "max_users": 25,
         *       "role": "admin",
         *       "created_at": "2026-11-26T20:44:43.123456Z",
         *       "config": {
         *         "join_policy": "closed",
         *         "branding": {
         *           "name": "Engines",
         *           "theme": "system"
         *         }
         *       }
         *     }
         */
        CurrentTenant: {
            id: components["schemas"]["ID"];
            name: string;
            slug: components["schemas"]["Slug"];
            /** @description The host whose requests are this tenant's. */
            domain: string | null;
            status: components["schemas"]["TenantStatus"];
            max_users: number;
            /** @description The caller's; null for a platform admin who is no member. */
            role: components["schemas"]["Role"] | null;
            created_at: components["schemas"]["Time"];
            config: components["schemas"]["TenantConfig"];
        };
        /**
         * @example {
         *       "id": "0198f0a5-0000-7000-8000-000000000002",
         *       "name": "Analytical Engines",
         *       "slug": "engines",
         *       "domain": "calls.engines.example",
         *       "status": "active",
         *       "max_users": 25,
         *       "role": "admin",
         *       "created_at": "2026-11-26T20:44:43.123456Z",
         *       "version": 7,
         *       "config": {
         *         "join_policy": "closed",
         *         "branding": {
         *           "name": "Engines",
         *           "theme": "system"
         *         }
         *       }
         *     }
         */
        Tenant: {
            id: components["schemas"]["ID"];
            name: string;
            slug: components["schemas"]["Slug"];
            /** @description The host whose requests are this tenant's. */
            domain: string | null;
            status: components["schemas"]["TenantStatus"];
            max_users: number;
            /** @description The caller's; null for a platform admin who is no member. */
            role: components["schemas"]["Role"] | null;
            created_at: components["schemas"]["Time"];
            /** @description What the `ETag` holds. */
            version: number;
            config: components["schemas"]["TenantConfig"];
        };
        NewTenant: {
            name: string;
            slug: components["schemas"]["Slug"];
        };
        TenantChange: {
            name?: string;
            slug?: components["schemas"]["Slug"];
            /** @description A DNS name in ASCII. */
            domain?: string | null;
            max_users?: number;
            /** @enum {string} */
            status?: "active" | "suspended";
        };
        /** @description The tokens are there unless the session is a browser's. */
        Switched: {
            tenant: components["schemas"]["TenantName"];
            role: components["schemas"]["Role"];
            access_token?: string;
            /** @constant */
            token_type?: "Bearer";
            expires_in: number;
            refresh_token?: string;
        };
        SeatCount: {
            tenant_id: components["schemas"]["ID"];
            /** @description Members. */
            count: number;
            max_users: number;
            available: number;
        };
        /**
         * @example {
         *       "domain": null,
         *       "pending_domain": "calls.engines.example",
         *       "txt_name": "_tenantgate.calls.engines.example",
         *       "txt_value": "tenantgate-verification=3q2-7wAAq83vEjRWeJq83g",
         *       "verified_at": null
         *     }
         */
        DomainProof: {
            /** @description The one in force. */
            domain: string | null;
            /** @description The one that waits for its proof. */
            pending_domain: string | null;
            /** @description Where the TXT record goes; null where nothing is pending. */
            txt_name: string | null;
            /** @description What it says. */
            txt_value: string | null;
            /** @description When the domain in force was proven; null where an operator set it. */
            verified_at: components["schemas"]["Time"] | null;
        };
        Member: {
            id: components["schemas"]["ID"];
            user_id: components["schemas"]["ID"];
            email: components["schemas"]["Email"];
            name: string;
            role: components["schemas"]["Role"];
            status: components["schemas"]["MemberStatus"];
            joined_at: components["schemas"]["Time"];
            /**
             * @description There, and false, where nobody has proven the address. Such a member has registered with it, and may be anybody.
             * @constant
             */
            email_verified?: false;
        };
        MemberList: {
            members: components["schemas"]["Member"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        NewMember: {
            email: components["schemas"]["Email"];
            role: components["schemas"]["Role"];
        };
        MemberChange: {
            role?: components["schemas"]["Role"];
            status?: components["schemas"]["MemberStatus"];
        };
        AddedMember: {
            member: components["schemas"]["Member"];
        };
        InvitedMember: {
            invitation: components["schemas"]["Invitation"];
        };
        Invitation: {
            id: components["schemas"]["ID"];
            email: components["schemas"]["Email"];
            role: components["schemas"]["Role"];
            status: components["schemas"]["InvitationStatus"];
            invited_by: components["schemas"]["Actor"];
            created_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["Time"];
        };
        InvitationList: {
            invitations: components["schemas"]["Invitation"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        MyInvitation: {
            id: components["schemas"]["ID"];
            tenant: components["schemas"]["TenantName"];
            role: components["schemas"]["Role"];
            invited_by: components["schemas"]["Actor"];
            created_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["Time"];
        };
        MyInvitationList: {
            invitations: components["schemas"]["MyInvitation"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /** @description Exactly one of the two. */
        Acceptance: {
            token: components["schemas"]["OneUseToken"];
        } | {
            id: components["schemas"]["ID"];
        };
        Accepted: {
            tenant: components["schemas"]["TenantName"];
            member: components["schemas"]["Member"];
        };
        /**
         * @description Who may join without an invitation; `closed` where it is not set.
         * @enum {string}
         */
        JoinPolicy: "closed" | "domain" | "open";
        Branding: {
            name?: string;
            /** Format: uri */
            logo_url?: string;
            colors?: {
                primary?: components["schemas"]["Color"];
                accent?: components["schemas"]["Color"];
            };
            /** @enum {string} */
            theme?: "system" | "light" | "dark";
        };
        /** @example #0f766e */
        Color: string;
        /** @description The domains that a `join_policy` of `domain` lets in, in lower case. */
        AllowedEmailDomains: string[];
        /**
         * @description Seconds after which a sign-in has to be repeated, for people whose current tenant this is; at most what the operator allows. A shorter one
         *     holds for sessions that have begun, too, from their next refresh on.
         */
        SessionLength: number;
        /** @description The settings that are set, by key. Those that are not known here begin with `custom.`. */
        TenantConfig: {
            join_policy?: components["schemas"]["JoinPolicy"];
            branding?: components["schemas"]["Branding"];
            /** @description Of those who join by themselves; `member` where it is not set. */
            default_role?: components["schemas"]["Role"];
            allowed_email_domains?: components["schemas"]["AllowedEmailDomains"];
            session_length?: components["schemas"]["SessionLength"];
        } & {
            [key: string]: unknown;
        };
        ConfigValue: {
            /** @description Any JSON, of the type that the key asks for. */
            value: unknown;
        };
        /**
         * @example {
         *       "key": "join_policy",
         *       "value": "closed",
         *       "version": 3,
         *       "updated_at": "2026-11-26T20:44:43.123456Z"
         *     }
         */
        ConfigEntry: {
            key: string;
            /** @description Any JSON, of the type that the key asks for. */
            value: unknown;
            version: number;
            updated_at: components["schemas"]["Time"];
        };
        ConfigList: {
            config: components["schemas"]["ConfigEntry"][];
        };
        /** @description Somebody who did something; null for an operator or the gateway itself. Address and name are empty where the account is gone. */
        Actor: components["schemas"]["ActorName"] | null;
        ActorName: {
            id: components["schemas"]["ID"];
            email: string;
            name: string;
        };
        AuditEntry: {
            id: components["schemas"]["ID"];
            at: components["schemas"]["Time"];
            actor: components["schemas"]["Actor"];
            /** @example member.added */
            action: string;
            /**
             * @description What was written, as `kind:` and its id, address or key.
             * @example user:0192f0c1-2d3e-7a4b-8c5d-6e7f80910a1b
             */
            target: string;
            detail: {
                [key: string]: string;
            };
            request_id: string;
            /** @description The session the write was made in; null outside of any. */
            session_id: components["schemas"]["ID"] | null;
            /** @description Whose log it is; null in that of the platform. */
            tenant_id: components["schemas"]["ID"] | null;
            /**
             * Format: int64
             * @description The number of the entry in its log, from 1 without gaps.
             */
            seq: number;
            prev_hash: components["schemas"]["ChainHash"];
            hash: components["schemas"]["ChainHash"];
        };
        /** @description SHA-256 of an entry in the canonical form of RFC 8785; `prev_hash` of entry 1 is 64 zeros. `tenantgate audit verify` follows the chain. */
        ChainHash: string;
        AuditList: {
            entries: components["schemas"]["AuditEntry"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "ready";
            checks?: {
                [key: string]: "ok" | "unavailable";
            };
        };
        KeySet: {
            keys: {
                [key: string]: unknown;
            }[];
        };
    };
    responses: {
        /** @description Done; there is nothing to say. */
        Done: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description A mail goes out where there is somebody to send it to. */
        Accepted: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description The tenant as it is now. */
        Tenant: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                ETag: components["headers"]["ETag"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Tenant"];
            };
        };
        /** @description The member as they are now. */
        Member: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Member"];
            };
        };
        /** @description The setting as it is now. */
        ConfigEntry: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ConfigEntry"];
            };
        };
        /** @description All is well. */
        Health: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Health"];
            };
        };
        /** @description A JWK set (RFC 7517, section 5). */
        KeySet: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/jwk-set+json": components["schemas"]["KeySet"];
            };
        };
        /** @description Any other refusal. */
        Problem: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request cannot be read, names two tenants or none (`bad_request`, `tenant_conflict`, `tenant_required`). */
        BadRequest: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Who calls is not known (`token_missing`, `token_invalid`, `token_expired`, `credentials_invalid`). */
        Unauthorized: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unauthorized",
                 *       "status": 401,
                 *       "detail": "The access token has expired.",
                 *       "code": "token_expired",
                 *       "request_id": "5f2b8a3c9d4e1f60718293a4b5c6d7e8"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The caller may not do this (`not_a_member`, `role_required`, `tenant_suspended`, `join_refused`, `origin_refused`). */
        Forbidden: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Forbidden",
                 *       "status": 403,
                 *       "detail": "There is no such tenant, or you are not a member of it.",
                 *       "code": "not_a_member",
                 *       "request_id": "5f2b8a3c9d4e1f60718293a4b5c6d7e8"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is nothing here (`not_found`). */
        NotFound: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description What is there already is in the way (`already_member`, `last_admin`, `seat_limit_reached`, `slug_taken`, `domain_taken`, `domain_unproven`, `address_taken`,
         *     `idempotency_in_progress`, `idempotency_outcome_lost`).
         */
        Conflict: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It has been used, was taken back or has expired (`invitation_gone`, `link_gone`). */
        Gone: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It has changed since it was read (`version_mismatch`). */
        PreconditionFailed: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Parts of the request cannot be accepted; `errors` says which (`validation_failed`, `idempotency_key_reused`). */
        ValidationFailed: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "about:blank",
                 *       "title": "Unprocessable Entity",
                 *       "status": 422,
                 *       "detail": "The request was understood, but parts of it cannot be accepted.",
                 *       "code": "validation_failed",
                 *       "request_id": "5f2b8a3c9d4e1f60718293a4b5c6d7e8",
                 *       "errors": [
                 *         {
                 *           "pointer": "/email",
                 *           "in": "body",
                 *           "detail": "required"
                 *         }
                 *       ]
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many requests (`rate_limited`). */
        RateLimited: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The answer cannot be had right now (`membership_unavailable`). */
        Unavailable: {
            headers: {
                "X-Request-ID": components["headers"]["X-Request-ID"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description The tenant's id. */
        tenant: components["schemas"]["ID"];
        /** @description The member's id, or their address. */
        member: string;
        /** @description The invitation's id. */
        invitation: components["schemas"]["ID"];
        /** @description The session's id. */
        session: components["schemas"]["ID"];
        /**
         * @description A known key, or one that begins with `custom.`.
         * @example join_policy
         */
        key: string;
        /** @description Entries a page. */
        limit: number;
        /** @description The `next_cursor` of the page before. */
        cursor: string;
        /**
         * @description What an address, a name, or the last word of a name begins with, in any case. Where very many people match, a search looks at 10,000
         *     members a page: such a page may hold fewer than `limit`, even none, and still have a `next_cursor`.
         */
        q: string;
        /**
         * @description The tenant, by id or slug.
         * @example engines
         */
        "X-Tenant": string;
        /**
         * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
         * @example "7"
         */
        "If-Match": string;
        /**
         * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
         *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
         *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
         * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
         */
        "Idempotency-Key": string;
    };
    requestBodies: never;
    headers: {
        /** @description Names this request in the gateway's logs and in the audit log. */
        "X-Request-ID": string;
        /** @description The tenant whose data the answer holds. */
        "X-Tenant-ID": components["schemas"]["ID"];
        /**
         * @description The version, as a strong validator (RFC 9110, section 8.8.3).
         * @example "7"
         */
        ETag: string;
        /** @description Where it is. */
        Location: string;
        /** @description The cookies of a browser's session, where one was asked for. */
        "Set-Cookie": string;
        /**
         * @description The challenge of RFC 6750, section 3.
         * @example Bearer realm="tenantgate", error="invalid_token", error_description="The access token expired"
         */
        "WWW-Authenticate": string;
        /** @description Seconds to wait. */
        "Retry-After": number;
        /** @description `true` where the answer is that of an earlier request with the same `Idempotency-Key`. */
        "Idempotency-Replayed": "true";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Registered and signed in. */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@example.com",
                 *       "password": "correct horse battery"
                 *     }
                 */
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Signed in, for the current tenant where there is one. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refresh_token": "tgr_3q2-7wAAq83vEjRWeJq83hI0VnirzQ"
                 *     }
                 */
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description New tokens; in cookies where the old one came in a cookie. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "all": true
                 *     }
                 */
                "application/json": components["schemas"]["LogoutRequest"];
            };
        };
        responses: {
            /** @description Ended. */
            204: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "ada@example.com"
                 *     }
                 */
                "application/json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            202: components["responses"]["Accepted"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "3q2-7wAAq83vEjRWeJq83hI0VnirzQ",
                 *       "password": "correct horse battery"
                 *     }
                 */
                "application/json": components["schemas"]["ResetConfirmation"];
            };
        };
        responses: {
            204: components["responses"]["Done"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    requestEmailVerification: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: components["responses"]["Accepted"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    verifyEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "3q2-7wAAq83vEjRWeJq83hI0VnirzQ"
                 *     }
                 */
                "application/json": components["schemas"]["LinkToken"];
            };
        };
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person who calls. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            401: components["responses"]["Unauthorized"];
            default: components["responses"]["Problem"];
        };
    };
    updateMe: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ada King"
                 *     }
                 */
                "application/json": components["schemas"]["ProfileChange"];
            };
        };
        responses: {
            /** @description Changed. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "current_password": "correct horse battery",
                 *       "new_password": "staple wrong donkey"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    listMySessions: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sessions that have not ended, the newest first. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    endMySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's id. */
                id: components["parameters"]["session"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    listMyInvitations: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Pending invitations, the newest first. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MyInvitationList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acceptance"];
            };
        };
        responses: {
            /** @description A member. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    getCurrentTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The tenant, by id or slug.
                 * @example engines
                 */
                "X-Tenant"?: components["parameters"]["X-Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant, with its settings and the caller's role. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CurrentTenant"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            default: components["responses"]["Problem"];
        };
    };
    countTenantUsers: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The tenant, by id or slug.
                 * @example engines
                 */
                "X-Tenant"?: components["parameters"]["X-Tenant"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Members, seats, and seats that neither a member nor a pending invitation holds. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SeatCount"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            default: components["responses"]["Problem"];
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description `all`: every tenant, for platform admins. `deleted`: those that the caller may restore. */
                scope?: "all" | "deleted";
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tenants. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Analytical Engines",
                 *       "slug": "engines"
                 *     }
                 */
                "application/json": components["schemas"]["NewTenant"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    ETag: components["headers"]["ETag"];
                    Location: components["headers"]["Location"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tenant"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Tenant"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    deleteTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    updateTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Analytical Engines Ltd",
                 *       "domain": "calls.engines.example"
                 *     }
                 */
                "application/json": components["schemas"]["TenantChange"];
            };
        };
        responses: {
            200: components["responses"]["Tenant"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    restoreTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Tenant"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    suspendTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Tenant"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    activateTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Tenant"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    switchTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switched. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switched"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    leaveTenant: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    getTenantDomain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof that is asked for, if any. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DomainProof"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    verifyTenantDomain: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Proven. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DomainProof"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            default: components["responses"]["Problem"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /**
                 * @description What an address, a name, or the last word of a name begins with, in any case. Where very many people match, a search looks at 10,000
                 *     members a page: such a page may hold fewer than `limit`, even none, and still have a `next_cursor`.
                 */
                q?: components["parameters"]["q"];
                role?: components["schemas"]["Role"];
                status?: components["schemas"]["MemberStatus"];
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of members, in the order in which they joined. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    addMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "bob@example.com",
                 *       "role": "member"
                 *     }
                 */
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description A member. */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddedMember"];
                };
            };
            /** @description Invited. */
            202: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitedMember"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    getMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The member's id, or their address. */
                member: components["parameters"]["member"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Member"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The member's id, or their address. */
                member: components["parameters"]["member"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The member's id, or their address. */
                member: components["parameters"]["member"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "role": "admin"
                 *     }
                 */
                "application/json": components["schemas"]["MemberChange"];
            };
        };
        responses: {
            200: components["responses"]["Member"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /** @description Without it: the pending ones. */
                status?: components["schemas"]["InvitationStatus"];
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of invitations. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitationList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "eve@example.com",
                 *       "role": "viewer"
                 *     }
                 */
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description Invited. */
            201: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    resendInvitation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The invitation's id. */
                invitation: components["parameters"]["invitation"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Sent. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            default: components["responses"]["Problem"];
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description 1 to 255 visible ASCII characters, best a random UUID; quotes around it (RFC 8941 string) are taken off. The same key with another body is refused with 422
                 *     `idempotency_key_reused`, a repetition while the first is still under way with 409 `idempotency_in_progress` and `Retry-After`. A refusal is not kept: sent
                 *     again, the request is tried again. An answer over 16 KiB is not kept either: 409 `idempotency_outcome_lost` says that the request was carried out.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["Idempotency-Key"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /** @description The invitation's id. */
                invitation: components["parameters"]["invitation"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    listConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The settings, by key. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /**
                 * @description A known key, or one that begins with `custom.`.
                 * @example join_policy
                 */
                key: components["parameters"]["key"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["ConfigEntry"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    putConfig: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /**
                 * @description A known key, or one that begins with `custom.`.
                 * @example join_policy
                 */
                key: components["parameters"]["key"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigValue"];
            };
        };
        responses: {
            200: components["responses"]["ConfigEntry"];
            201: components["responses"]["ConfigEntry"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    deleteConfig: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` that was read, or `*` (RFC 9110, section 13.1.1). Without it the change is made whatever the version.
                 * @example "7"
                 */
                "If-Match"?: components["parameters"]["If-Match"];
            };
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
                /**
                 * @description A known key, or one that begins with `custom.`.
                 * @example join_policy
                 */
                key: components["parameters"]["key"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["Done"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /**
                 * @description Not before this time.
                 * @example 2026-11-01T00:00:00Z
                 */
                from?: string;
                /** @description Before this time. */
                to?: string;
                /** @description A user's id, or an address. */
                actor?: string;
                /** @description An action (`member.added`), or all of one kind (`member.*`). */
                action?: string;
                format?: "json" | "ndjson" | "csv";
                /** @description Entries a page. */
                limit?: components["parameters"]["limit"];
                /** @description The `next_cursor` of the page before. */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                /** @description The tenant's id. */
                id: components["parameters"]["tenant"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Entries, the newest first. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    "X-Tenant-ID": components["headers"]["X-Tenant-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            default: components["responses"]["Problem"];
        };
    };
    getOpenAPI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "application/yaml": {
                        [key: string]: unknown;
                    };
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page that needs nothing from elsewhere. */
            200: {
                headers: {
                    "X-Request-ID": components["headers"]["X-Request-ID"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            default: components["responses"]["Problem"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            default: components["responses"]["Problem"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            503: components["responses"]["Unavailable"];
            default: components["responses"]["Problem"];
        };
    };
    getRootHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            default: components["responses"]["Problem"];
        };
    };
    getRootReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Health"];
            503: components["responses"]["Unavailable"];
            default: components["responses"]["Problem"];
        };
    };
    getAssertionKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["KeySet"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
    getTokenKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["KeySet"];
            404: components["responses"]["NotFound"];
            default: components["responses"]["Problem"];
        };
    };
}
