package monitor

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// RegisterTopics adds the routes of the topics to an API whose handlers may return faults: what is published, level by
// level, live, and publishing.
func RegisterTopics(api huma.API, t *Topics) {
	registerTopicLists(api, t)
	registerPublish(api, t)
	registerWatch(api, t)
}

// topicListQuery is what the list of topics takes.
type topicListQuery struct {
	Prefix string    `query:"prefix" maxLength:"65535" doc:"Only topics at or below this level: a/b is the topic a/b and all below it, a/b/ only those below it"`
	Q      string    `query:"q" maxLength:"65535" doc:"Only topics with this in them, without regard to case"`
	Limit  int       `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Cursor string    `query:"cursor" maxLength:"100000" doc:"next_cursor of the page before, with the same sort"`
	Sort   TopicSort `query:"sort" enum:"topic,rate,last" default:"topic" doc:"By name, the busiest first, or what was published last first"`
}

// levelListQuery is what the list of levels takes.
type levelListQuery struct {
	Prefix string `query:"prefix" maxLength:"65535" doc:"The path of a level, as in a/b or a/b/; absent for the first levels"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"100000" doc:"next_cursor of the page before"`
}

func registerTopicLists(api huma.API, t *Topics) {
	list := operation("list-topics", http.MethodGet, "/monitor/topics", permissionRead, "List topics",
		"What is published at the broker: each topic with its last value, and how much comes on it. Topics that begin with $ are not here. "+
			"The list is bounded: evicted says how many topics had to make room. Pages sorted by topic neither repeat nor miss one that is there all the time; "+
			"in the other orders that holds for topics on which nothing is published meanwhile. Values need payload:read.")
	list.Errors = nil
	huma.Register(api, list, func(ctx context.Context, in *topicListQuery) (*body[TopicPage], error) {
		page, err := t.List(ctx, TopicQuery(*in))
		if err != nil {
			return nil, err
		}
		return &body[TopicPage]{Body: page}, nil
	})
	tree := operation("list-topic-levels", http.MethodGet, "/monitor/topics/tree", permissionRead, "Browse topics level by level",
		"The levels below a prefix with what is under each of them. A prefix is a path of levels and ends with a slash, which is added where it is missing; "+
			"a level may be empty, as the first one of /a, whose prefix is a single slash.")
	tree.Errors = nil
	huma.Register(api, tree, func(ctx context.Context, in *levelListQuery) (*body[LevelPage], error) {
		page, err := t.Levels(ctx, LevelQuery(*in))
		if err != nil {
			return nil, err
		}
		return &body[LevelPage]{Body: page}, nil
	})
}
