package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tenantgate/tenantgate/internal/tenancy"
)

// settingJSON is one key of a tenant's configuration.
type settingJSON struct {
	Key       string         `json:"key"`
	Value     jsontext.Value `json:"value"`
	Version   int64          `json:"version"`
	UpdatedAt time.Time      `json:"updated_at"`
}

func settingOf(s tenancy.Setting) settingJSON {
	return settingJSON{Key: s.Key, Value: jsontext.Value(s.Value), Version: s.Version, UpdatedAt: s.UpdatedAt.UTC()}
}

type settingsJSON struct {
	Config []settingJSON `json:"config"`
}

// listConfig is GET /tenants/{id}/config.
func (h *Handler) listConfig(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	list, err := h.Service.Settings(ctx, c.caller, id)
	if err != nil {
		return answer{}, err
	}
	body := settingsJSON{Config: make([]settingJSON, len(list))}
	for i, setting := range list {
		body.Config[i] = settingOf(setting)
	}
	return answer{status: http.StatusOK, tenant: id, body: body}, nil
}

// getConfig is GET /tenants/{id}/config/{key}.
func (h *Handler) getConfig(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	key, err := pathKey(c.visit)
	if err != nil {
		return answer{}, err
	}
	found, err := h.Service.Setting(ctx, c.caller, id, key)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, tenant: id, body: settingOf(found), version: found.Version}, nil
}

// pathKey returns the key that the path names: text that one may have stored.
func pathKey(v visit) (string, error) {
	key := v.r.PathValue("key")
	if !tenancy.ValidKey(key) {
		return "", invalidPath("/key", tenancy.ErrBadKey)
	}
	return key, nil
}

type settingChangeJSON struct {
	Value jsontext.Value `json:"value"`
}

// putConfig is PUT /tenants/{id}/config/{key}: 201 where it is new.
func (h *Handler) putConfig(ctx context.Context, c call[settingChangeJSON]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	key, err := pathKey(c.visit)
	if err != nil {
		return answer{}, err
	}
	if c.body.Value == nil {
		return answer{}, tenancy.Invalid("/value", "required")
	}
	set, isNew, err := h.Service.SetSetting(ctx, c.caller, id, key, json.RawMessage(c.body.Value), c.match)
	if err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	if isNew {
		status = http.StatusCreated
	}
	return answer{status: status, tenant: id, body: settingOf(set), version: set.Version}, nil
}

// deleteConfig is DELETE /tenants/{id}/config/{key}.
func (h *Handler) deleteConfig(ctx context.Context, c call[nothing]) (answer, error) {
	id, err := h.pathTenant(ctx, c.visit)
	if err != nil {
		return answer{}, err
	}
	key, err := pathKey(c.visit)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent, tenant: id}, h.Service.DeleteSetting(ctx, c.caller, id, key, c.match)
}
