package store

import (
	"context"
	"fmt"
	"os"
)

// inspect looks at what the file is, and whether it is whole as far as that can be seen cheaply.
func (db *DB) inspect(ctx context.Context) error {
	return db.with(ctx, db.writer, writerSetup(), func(c *connection) (bool, error) {
		err := db.inspectWith(ctx, c)
		return err == nil, err
	})
}

func (db *DB) inspectWith(ctx context.Context, c *connection) error {
	var id int64
	if err := c.QueryRow(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("reading what %s is: %w", db.name, err)
	}
	if id != applicationID {
		var tables int
		if err := c.QueryRow(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return fmt.Errorf("reading what %s is: %w", db.name, err)
		}
		if id != 0 || tables > 0 {
			return conflict("%s is the database of another program", db.name)
		}
		return initialize(ctx, c)
	}
	return nil
}

// setAside moves a damaged database away and says so.
func setAside(path string, o Options, cause error) (notice string, err error) {
	aside := path + ".damaged-" + stamp(o.Clock())
	for _, suffix := range []string{"", walSuffix, shmSuffix} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !os.IsNotExist(err) {
			return "", fmt.Errorf("setting the damaged database aside: %w", err)
		}
	}
	notice = fmt.Sprintf("The database was damaged (%s): it is now %s, and a new one was begun.", inOneLine(cause), aside)
	if err := create(path); err != nil {
		return "", unusableFile(path, err)
	}
	return notice, nil
}
