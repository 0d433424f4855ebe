// Command tenantgate is the gateway: Caddy, its standard modules, and ours.
package main

import (
	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/tenantgate/tenantgate/caddymodule"
)

func main() {
	giveRoom()
	caddy.CustomBinaryName = "tenantgate"
	caddy.CustomLongDescription = `Tenantgate is the edge gateway of a multi-tenant product: it checks the token,
finds the caller's tenant and role, refuses what is not allowed, and tells the
service behind it who is calling. It is Caddy with modules of our own, so all of
Caddy's commands are here as well.

	tenantgate dev                         everything on this machine, with a demo
	tenantgate migrate up                  bring the schema of DATABASE_URL up
	tenantgate run --config Caddyfile      serve`
	caddycmd.Main()
}
