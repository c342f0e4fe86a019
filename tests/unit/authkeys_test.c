/* util/authkeys.c: a key's line in authorized_keys. */
#include "util/authkeys.h"

#include <stdlib.h>

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
	struct buf out;
	char *old;

	assert_int_equal(authkeys_put(text, LINE, &out, &old), was);
	if (want != NULL)
		assert_string_equal(buf_str(&out), want);
	if (former != NULL)
		assert_string_equal(old, former);
	else
		assert_null(old);
	buf_free(&out);
	free(old);
}

static void put_into(void **state)
{
	(void)state;
	put(NULL, AUTHKEYS_NEW, LINE "\n", NULL);
	put("# ours\nssh-rsa BBBB me", AUTHKEYS_NEW, "# ours\nssh-rsa BBBB me\n" LINE "\n", NULL);
	put("a\n" LINE "\nb", AUTHKEYS_SAME, "a\n" LINE "\nb", NULL);
	/* A line that lets it do everything is the first that sshd finds, wherever it stands. */
	put(KEY "\nssh-rsa BBBB\n" LINE "\n", AUTHKEYS_FREE, LINE "\nssh-rsa BBBB\n", KEY);
	put("no-pty,environment=\"A=\\\" command\" ssh-ed25519 AAAAB3abc+/= other\n", AUTHKEYS_FREE,
	    LINE "\n", "no-pty,environment=\"A=\\\" command\" ssh-ed25519 AAAAB3abc+/= other");
	put("# " KEY "\n", AUTHKEYS_NEW, "# " KEY "\n" LINE "\n", NULL);
	put("ssh-ed25519 AAAAB3abc+/ root\n", AUTHKEYS_NEW,
	    "ssh-ed25519 AAAAB3abc+/ root\n" LINE "\n", NULL);
	put("x\ncommand=\"rsync\" " KEY "\n", AUTHKEYS_BOUND, NULL, "command=\"rsync\" " KEY);
	put(KEY "\ncommand=\"rsync\" " KEY "\n", AUTHKEYS_BOUND, NULL, "command=\"rsync\" " KEY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_key), cmocka_unit_test(put_into)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
