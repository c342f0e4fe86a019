/* util/authkeys.c: a key's line in authorized_keys. */
#include "util/authkeys.h"

#include <string.h>

#include "test.h"

#define KEY "ssh-ed25519 AAAAB3abc+/= root@host1"
#define LINE "restrict,command=\"zrep agent --role peer --under 'tank/a b'\" " KEY

static void a_key(void **state)
{
	(void)state;
	assert_true(authkeys_is_key(KEY));
	assert_true(authkeys_is_key("sk-ssh-ed25519@openssh.com AAAA"));
	assert_false(authkeys_is_key("ssh-rsa \"; reboot"));
	assert_false(authkeys_is_key("ssh-rsa AAAA\nssh-rsa BBBB"));
	assert_false(authkeys_is_key("from=\"x\" ssh-rsa AAAA"));
	assert_true(authkeys_is_line(LINE));
	assert_false(authkeys_is_line(KEY)); /* without options it would be for everything */
	assert_false(authkeys_is_line(LINE "\n" KEY));
	assert_false(authkeys_is_line("restrict,command=\"zrep ssh-rsa AAAA"));
	assert_false(authkeys_is_line("restrict ssh-rsa "));
	assert_false(authkeys_is_line(""));
}

static void put(const char *text, enum authkeys_was was, const char *want, const char *former)
{
	struct buf out, old, back;

	assert_int_equal(authkeys_put(text, LINE, &out, &old), was);
	assert_string_equal(buf_str(&out), want);
	assert_string_equal(buf_str(&old), former);
	if (was == AUTHKEYS_NEW || was == AUTHKEYS_FREE) {
		assert_true(authkeys_take_back(buf_str(&out), LINE, buf_str(&old), &back));
		if (*text == '\0' || text[strlen(text) - 1] == '\n')
			assert_string_equal(buf_str(&back), text);
		buf_free(&back);
	}
	buf_free(&out);
	buf_free(&old);
}

static void put_into(void **state)
{
	(void)state;
	put("", AUTHKEYS_NEW, LINE "\n", "");
	put("# ours\nssh-rsa BBBB me", AUTHKEYS_NEW, "# ours\nssh-rsa BBBB me\n" LINE "\n", "");
	put("a\n" LINE "\nb", AUTHKEYS_SAME, "a\n" LINE "\nb", "");
	/* A line that lets it do everything is the first that sshd finds, wherever it stands. */
	put(KEY "\nssh-rsa BBBB\n", AUTHKEYS_FREE, LINE "\nssh-rsa BBBB\n", KEY "\n");
	put("# " KEY "\n", AUTHKEYS_NEW, "# " KEY "\n" LINE "\n", "");
	put("ssh-ed25519 AAAAB3abc+/ root\n", AUTHKEYS_NEW,
	    "ssh-ed25519 AAAAB3abc+/ root\n" LINE "\n", "");
	/* Options are somebody's will. */
	put("x\ncommand=\"rsync\" " KEY "\n", AUTHKEYS_BOUND, "", "command=\"rsync\" " KEY);
	put(KEY "\nfrom=\"10.0.0.0/8\" " KEY "\n", AUTHKEYS_BOUND, "", "from=\"10.0.0.0/8\" " KEY);
	put("no-pty,environment=\"A=\\\" b\" ssh-ed25519 AAAAB3abc+/= other\n", AUTHKEYS_BOUND, "",
	    "no-pty,environment=\"A=\\\" b\" ssh-ed25519 AAAAB3abc+/= other");
	put("cert-authority " KEY "\n", AUTHKEYS_BOUND, "", "cert-authority " KEY);
}

/* What others have written meanwhile stays. */
static void taken_back(void **state)
{
	struct buf out;

	(void)state;
	assert_true(authkeys_take_back("new one\n" LINE "\nx", LINE, KEY "\n", &out));
	assert_string_equal(buf_str(&out), "new one\n" KEY "\nx");
	buf_free(&out);
	assert_false(authkeys_take_back("new one\n", LINE, KEY "\n", &out));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_key), cmocka_unit_test(put_into),
					   cmocka_unit_test(taken_back)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
