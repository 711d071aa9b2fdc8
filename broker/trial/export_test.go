package trial

import "github.com/bunkerm/bunkerm/broker/conf"

// Copy is the sanitised copy of a configuration, for tests.
func Copy(c *conf.Config, o Options) map[string]string {
	files := map[string]string{}
	for name, text := range sanitise(c, o, "../scratch", func() int { return 40000 }).files {
		files[name] = string(text)
	}
	return files
}
