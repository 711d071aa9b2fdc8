package broker

import "testing"

func TestPasswordHashes(t *testing.T) {
	one, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("two hashes share a salt")
	}
	if !one.Matches("correct horse") || one.Matches("correct horsE") || one.Matches("") {
		t.Error("the hash does not tell passwords apart")
	}
	for name, h := range map[string]PasswordHash{
		"none": {}, "no base64": {Hash: "?", Salt: one.Salt, Iterations: 5},
		"no iterations": {Hash: one.Hash, Salt: one.Salt}, "salt": {Hash: one.Hash, Salt: "?", Iterations: HashIterations},
	} {
		if h.Matches("correct horse") || h.Matches("") {
			t.Errorf("a damaged hash (%s) lets somebody in", name)
		}
	}
}

func TestEncodedPasswords(t *testing.T) {
	h, err := HashPassword("pw")
	if err != nil {
		t.Fatal(err)
	}
	c := DynsecClient{EncodedPassword: "$7$1000$" + h.Salt + "$" + h.Hash}
	if !c.HasPassword() || !c.PasswordMatches("pw") || c.PasswordMatches("other") {
		t.Error("the form of 2.1 is not understood")
	}
	for _, encoded := range []string{"$argon2id$v=19$m=1,t=1,p=1$AA$BB", "$7$x$AA$BB", "$6$1$AA$BB", "7"} {
		c := DynsecClient{EncodedPassword: encoded}
		if c.PasswordMatches("pw") {
			t.Errorf("%s matches", encoded)
		}
	}
	if err := c.SetPassword("new"); err != nil {
		t.Fatal(err)
	}
	if c.EncodedPassword != "" || !c.PasswordMatches("new") {
		t.Errorf("the old password is still there: %+v", c)
	}
}

func BenchmarkHashPassword(b *testing.B) {
	for b.Loop() {
		if _, err := HashPassword("0123456789abcdef"); err != nil {
			b.Fatal(err)
		}
	}
}
