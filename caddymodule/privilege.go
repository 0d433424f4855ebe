package caddymodule

import (
	"context"
	"strings"

	"github.com/tenantgate/tenantgate/internal/access"
	"github.com/tenantgate/tenantgate/internal/httpapi"
	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// noteRefusal has it written into the tenant's audit log that a member was refused
// what their role does not allow, as the API does for its own routes: beside the
// answer, and once a minute for the same person and rule. The entry names the rule,
// not the path: that is the client's. Strangers are not written down, for they could
// fill the log of any tenant, and a path without a rule is nobody's privilege.
func (g *Gate) noteRefusal(ctx context.Context, subject tenancy.Subject, decision access.Decision, rule access.Rule, requestID string) {
	if decision.Reason != access.RoleRequired || rule.Role > tenancy.RoleAdmin {
		return
	}
	caller := tenancy.Caller{User: decision.User, Session: subject.Session, RequestID: requestID}
	g.app.api.Service.Refused(ctx, caller, decision.Tenant, map[string]string{
		"route": strings.Join(rule.Methods, ",") + " " + rule.Path, "needs": rule.Role.String(), "code": string(httpapi.RoleRequired),
	})
}
