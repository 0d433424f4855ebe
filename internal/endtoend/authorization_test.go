package endtoend_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/internal/contract"
	"github.com/tenantgate/tenantgate/internal/devserver"
	"github.com/tenantgate/tenantgate/internal/gatewaytest"
	"github.com/tenantgate/tenantgate/internal/tenancytest"
)

// callers are the columns of the table below.
var callers = []string{"anonymous", "stranger", "viewer", "member", "admin", "platform", "elsewhere", "suspended", "barred"}

// authorization is the whole API: every operation of openapi.yaml, by its
// operationId, and the status that each caller gets. Each has a tenant and people
// of its own, so that no cell depends on another. A letter behind a status is the
// code of the problem, as codes lists them.
//
//   - stranger: signed in, member of nothing;
//   - platform: a platform admin, member of nothing;
//   - elsewhere: admin of another tenant;
//   - suspended: the account was an admin's, and is suspended;
//   - barred: an admin's membership of this tenant is suspended, the account is not.
//
// Two rows of an operation are two things that it does.
var authorization = map[string]struct {
	body string
	want string
}{
	//                                                                                   anon str view memb adm plat else susp barr
	"register":                 {`{"email":"$new@new.test","password":"correct horse","name":"N","tenant":{"create":{"name":"N","slug":"$new"}}}`, "201 201 201 201 201 201 201 201 201"},
	"login":                    {`{"email":"$me","password":"` + devserver.Password + `"}`, "401c 200 200 200 200 200 200 401c 200"},
	"refresh":                  {`{"refresh_token":"no such token"}`, "401i 401i 401i 401i 401i 401i 401i 401i 401i"},
	"logout":                   {`{}`, "401m 204 204 204 204 204 204 401i 204"},
	"requestPasswordReset":     {`{"email":"$new@new.test"}`, "202 202 202 202 202 202 202 202 202"},
	"resetPassword":            {`{"token":"no such token","password":"correct horse"}`, "410l 410l 410l 410l 410l 410l 410l 410l 410l"},
	"requestEmailVerification": {``, "401m 202 202 202 202 202 202 401i 202"},
	"verifyEmail":              {`{"token":"no such token"}`, "401m 410l 410l 410l 410l 410l 410l 401i 410l"},
	"getMe":                    {``, "401m 200 200 200 200 200 200 401i 200"},
	"updateMe":                 {`{"name":"New Name"}`, "401m 200 200 200 200 200 200 401i 200"},
	"changePassword":           {`{"current_password":"` + devserver.Password + `","new_password":"correct horse"}`, "401m 204 204 204 204 204 204 401i 204"},
	"listMySessions":           {``, "401m 200 200 200 200 200 200 401i 200"},
	"endMySession":             {``, "401m 204 204 204 204 204 204 401i 204"},
	"listMyInvitations":        {``, "401m 200 200 200 200 200 200 401i 200"},
	"acceptInvitation":         {`{"token":"no such token"}`, "401m 410v 410v 410v 410v 410v 410v 401i 410v"},

	"getCurrentTenant": {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"countTenantUsers": {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"listTenants":      {``, "200 200 200 200 200 200 200 401i 200"},
	"createTenant":     {`{"name":"N","slug":"$new"}`, "401m 201 201 201 201 201 201 401i 201"},

	"getTenant":          {``, "401m 403n 200 200 200 200 403n 401i 403n"},
	"updateTenant":       {`{"name":"New Name"}`, "401m 403n 403r 403r 200 200 403n 401i 403n"},
	"deleteTenant":       {``, "401m 403n 403r 403r 204 204 403n 401i 403n"},
	"restoreTenant":      {``, "401m 403n 403r 403r 200 200 403n 401i 403n"},
	"suspendTenant":      {``, "401m 403n 403r 403r 403r 200 403n 401i 403n"},
	"activateTenant":     {``, "401m 403n 403s 403s 403s 200 403n 401i 403n"},
	"switchTenant":       {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"leaveTenant":        {``, "401m 403n 204 204 204 403n 403n 401i 403n"},
	"getTenantDomain":    {``, "401m 403n 403r 403r 200 200 403n 401i 403n"},
	"verifyTenantDomain": {``, "401m 403n 403r 403r 409d 409d 403n 401i 403n"},

	"listMembers":  {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"addMember":    {`{"email":"$new@new.test","role":"viewer"}`, "401m 403n 403r 403r 202 403n 403n 401i 403n"},
	"getMember":    {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"updateMember": {`{"role":"member"}`, "401m 403n 403r 403r 200 403n 403n 401i 403n"},
	"removeMember": {``, "401m 403n 403r 403r 204 403n 403n 401i 403n"},

	"listInvitations":  {``, "401m 403n 403r 403r 200 403n 403n 401i 403n"},
	"createInvitation": {`{"email":"$new@new.test","role":"viewer"}`, "401m 403n 403r 403r 201 403n 403n 401i 403n"},
	"resendInvitation": {``, "401m 403n 403r 403r 200 403n 403n 401i 403n"},
	"revokeInvitation": {``, "401m 403n 403r 403r 204 403n 403n 401i 403n"},

	"listConfig":   {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"getConfig":    {``, "401m 403n 200 200 200 403n 403n 401i 403n"},
	"putConfig":    {`{"value":"open"}`, "401m 403n 403r 403r 200 403n 403n 401i 403n"},
	"deleteConfig": {``, "401m 403n 403r 403r 204 403n 403n 401i 403n"},
	"listAudit":    {``, "401m 403n 403r 403r 200 403n 403n 401i 403n"},

	"getOpenAPI":       {``, "200 200 200 200 200 200 200 200 200"},
	"getDocs":          {``, "200 200 200 200 200 200 200 200 200"},
	"getHealth":        {``, "200 200 200 200 200 200 200 200 200"},
	"getReadiness":     {``, "200 200 200 200 200 200 200 200 200"},
	"getRootHealth":    {``, "200 200 200 200 200 200 200 200 200"},
	"getRootReadiness": {``, "200 200 200 200 200 200 200 200 200"},
	"getAssertionKeys": {``, "200 200 200 200 200 200 200 200 200"},
	"getTokenKeys":     {``, "404x 404x 404x 404x 404x 404x 404x 404x 404x"},
}

// codes are the problems of the table.
var codes = map[string]string{
	"401m": "token_missing", "401i": "token_invalid", "401c": "credentials_invalid", "403n": "not_a_member", "403r": "role_required",
	"403s": "tenant_suspended", "404x": "not_found", "409d": "domain_unproven", "410l": "link_gone", "410v": "invitation_gone",
}

// cell is an answer as the table spells it; what the table has no letter for is
// spelled out.
func (a told) cell() string {
	status := strconv.Itoa(a.status)
	if a.code() == "" && a.status < 400 {
		return status
	}
	for cell, code := range codes {
		if code == a.code() && strings.HasPrefix(cell, status) {
			return cell
		}
	}
	return status + a.code()
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	database := gatewaytest.Database(t)
	gateway, _ := start(t, func(o *gatewaytest.Options) { o.DatabaseURL = database })
	walked := 0
	for _, operation := range document.Operations {
		row, there := authorization[operation.OperationID]
		if !there {
			t.Errorf("%s: the table has no row for %s %s", operation.OperationID, operation.Method, operation.Path)
			continue
		}
		walked++
		var got []string
		for _, caller := range callers {
			got = append(got, visit(t, gateway, database, operation, caller, row.body).cell())
		}
		if want := strings.Fields(row.want); !slices.Equal(got, want) {
			t.Errorf("%s\n  callers %s\n  got     %s\n  want    %s", operation.OperationID,
				strings.Join(callers, " "), strings.Join(got, " "), row.want)
		}
	}
	if walked != len(authorization) {
		t.Errorf("%d rows of the table are of operations that are not in openapi.yaml", len(authorization)-walked)
	}
}

// visit lets a caller, new like the tenant, ask for an operation.
func visit(t *testing.T, gateway *gatewaytest.Gateway, database string, o *contract.Operation, caller, body string) told {
	t.Helper()
	w := settle(t, database, o.OperationID)
	me := w.people[caller]
	session := uuid.NewString()
	if caller != "anonymous" {
		tenancytest.Exec(t, database, `
			INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES ($1, $2, now(), now() + interval '1 hour')`, session, me)
	}
	path := strings.NewReplacer("{member}", w.member, "{invitation}", w.invitation, "{key}", "join_policy").Replace(o.Path)
	id := w.tenant
	if strings.Contains(o.Path, "/me/sessions/") {
		id = session
	}
	a := ask{
		method: o.Method, path: strings.Replace(path, "{id}", id, 1), header: http.Header{},
		body: strings.NewReplacer("$new", "n"+uuid.NewString()[:8], "$me", w.address(caller)).Replace(body),
	}
	if o.Tags[0] == "tenant" {
		a.tenant = w.tenant
	}
	if caller != "anonymous" {
		token := gatewaytest.Token(t, "erin@nowhere.test", gatewaytest.Claims{"sub": me, "sid": session})
		a.header.Set("Authorization", "Bearer "+token)
	}
	answer, err := try(t, gateway, a)
	if err != nil { // also what is not as openapi.yaml says
		t.Errorf("%s: %v", caller, err)
	}
	return answer
}

// surroundings are a tenant with one of each caller, and what operations name.
type surroundings struct {
	tenant, member, invitation, mark string
	people                           map[string]string
}

func (s surroundings) address(caller string) string { return caller + s.mark + "@cell.test" }

// settle makes them, in the state that the operation starts from: in one script, for
// there are hundreds of cells.
func settle(t *testing.T, database, operation string) surroundings {
	t.Helper()
	s := surroundings{
		tenant: uuid.NewString(), member: uuid.NewString(), invitation: uuid.NewString(), mark: uuid.NewString()[:8], people: map[string]string{},
	}
	other := uuid.NewString()
	status := map[string]string{"restoreTenant": "deleted", "activateTenant": "suspended"}[operation]
	if status == "" {
		status = "active"
	}
	var script strings.Builder
	say := func(format string, values ...any) { fmt.Fprintf(&script, format+";\n", values...) }
	for _, id := range []string{s.tenant, other} {
		say(`INSERT INTO tenants (id, name, slug) VALUES ('%s', 'Cell', 'c%s')`, id, id[:8])
	}
	for _, who := range append([]string{"owner", "target"}, callers[1:]...) {
		s.people[who] = uuid.NewString()
		role := map[bool]string{true: "platform_admin", false: "user"}[who == "platform"]
		say(`INSERT INTO users (id, email, name, status, role, password_hash)
			SELECT '%s', '%s', 'Somebody', 'active', '%s', password_hash FROM users WHERE email = 'alice@acme.test'`, s.people[who], s.address(who), role)
	}
	join := func(id, tenant, who, role, status string) {
		say(`INSERT INTO tenant_users (id, tenant_id, user_id, role, status) VALUES ('%s', '%s', '%s', '%s', '%s')`, id, tenant, s.people[who], role, status)
	}
	for who, role := range map[string]string{"owner": "admin", "viewer": "viewer", "member": "member", "admin": "admin", "suspended": "admin"} {
		join(uuid.NewString(), s.tenant, who, role, "active")
	}
	join(uuid.NewString(), s.tenant, "barred", "admin", "suspended")
	join(uuid.NewString(), other, "elsewhere", "admin", "active")
	join(s.member, s.tenant, "target", "viewer", "active")
	say(`UPDATE users SET status = 'suspended' WHERE id = '%s'`, s.people["suspended"])
	say(`INSERT INTO tenant_configs (tenant_id, key, value) VALUES ('%s', 'join_policy', '"closed"')`, s.tenant)
	say(`INSERT INTO invitations (id, tenant_id, email, role, token_hash, expires_at)
		VALUES ('%[1]s', '%[2]s', '%[3]s', 'viewer', sha256('%[1]s'), now() + interval '1 day')`, s.invitation, s.tenant, s.address("guest"))
	say(`UPDATE tenants SET status = '%s', pending_domain = 'd%s.invalid', domain_token = 'x' WHERE id = '%s'`, status, s.mark, s.tenant)
	gatewaytest.Script(t, database, script.String())
	return s
}
