package rig

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"weft/test/cluster"
)

// App is what YARN's REST interface says of an application.
type App struct {
	ID          string `json:"id"`
	User        string `json:"user"`
	Name        string `json:"name"`
	Queue       string `json:"queue"`
	State       string `json:"state"`
	FinalStatus string `json:"finalStatus"`
	Tags        string `json:"applicationTags"`
	Priority    any    `json:"priority"`
	Type        string `json:"applicationType"`
	Diagnostics string `json:"diagnostics"`
}

// Apps returns the applications of a run.
func (r *Rig) Apps(ctx context.Context, run string) ([]App, error) {
	var answer struct {
		Apps struct {
			App []App `json:"app"`
		} `json:"apps"`
	}
	_, err := ask(ctx, r.Hadoop.ActiveRMWeb()+"/ws/v1/cluster/apps?applicationTags="+url.QueryEscape("run:"+run), &answer)
	return answer.Apps.App, err
}

// App returns an application.
func (r *Rig) App(t testing.TB, id string) App {
	t.Helper()
	var answer struct {
		App App `json:"app"`
	}
	there, err := ask(t.Context(), r.Hadoop.ActiveRMWeb()+"/ws/v1/cluster/apps/"+id, &answer)
	if err != nil || !there {
		t.Fatalf("application %s: there %t, %v", id, there, err)
	}
	return answer.App
}

// Containers returns the living container processes of an application; without the ApplicationMaster's.
func (r *Rig) Containers(app string) (living, masters []cluster.Container, err error) {
	all, err := r.Hadoop.Containers()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range all {
		switch {
		case !strings.Contains(c.ID, strings.TrimPrefix(app, "application_")):
		case c.AM():
			masters = append(masters, c)
		default:
			living = append(living, c)
		}
	}
	return living, masters, nil
}

// IDs are the different container ids of processes.
func IDs(list []cluster.Container) []string {
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

var errNoApplication = errors.New("YARN knows no application of the run")

// Application waits until YARN knows the run's application and returns its id.
func (w *Running) Application(t testing.TB, r *Rig, run string) string {
	t.Helper()
	var id string
	w.Until(t, time.Minute, "application of run "+run, func(ctx context.Context) error {
		apps, err := r.Apps(ctx, run)
		if err == nil && len(apps) == 0 {
			err = errNoApplication
		}
		if err == nil {
			id = apps[0].ID
		}
		return err
	})
	return id
}

// Containers waits until at least n containers of the application, other than the ApplicationMaster's and those left out, live.
func (w *Running) Containers(t testing.TB, r *Rig, app string, n int, without ...string) []cluster.Container {
	t.Helper()
	var found []cluster.Container
	w.Until(t, 90*time.Second, fmt.Sprintf("%d containers of %s", n, app), func(context.Context) error {
		living, _, err := r.Containers(app)
		found = slices.DeleteFunc(living, func(c cluster.Container) bool { return slices.Contains(without, c.ID) })
		if have := len(IDs(found)); err == nil && have < n {
			return fmt.Errorf("%d live", have)
		}
		return err
	})
	return found
}

// Gone waits until no container process of the application lives.
func (r *Rig) Gone(t testing.TB, app string) {
	t.Helper()
	err := cluster.Await(t.Context(), 30*time.Second, "end of the containers of "+app, func(context.Context) error {
		living, masters, err := r.Containers(app)
		if err == nil && len(living)+len(masters) > 0 {
			return fmt.Errorf("still live: %v", append(living, masters...))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
