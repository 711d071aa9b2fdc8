package broker

// Program is the broker's executable and the dynamic security plugin, both absolute.
func (m *Managed) Program() (executable, plugin string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.program.Executable, m.program.Plugin
}

// BrokerUser is the user and group that the broker runs as, -1 for ourselves.
func (m *Managed) BrokerUser() (uid, gid int) { return m.files.uid, m.files.gid }

// BrokerDir is the broker's working directory, where relative names in its configuration begin; absolute.
func (m *Managed) BrokerDir() string { return m.at.broker }

// AsBroker runs f, which must not call others that wait, with the rights of the broker's user to files and folders.
// Names are absolute there.
func (m *Managed) AsBroker(f func()) error {
	m.mu.Lock()
	spec := m.spec()
	m.mu.Unlock()
	return spec.AsBroker(f)
}

// TrialDir is a folder through which the broker's user can pass and in which only we can make something: where a
// configuration can be tried out.
func (m *Managed) TrialDir() string { return m.at.data }
