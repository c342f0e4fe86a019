/* util/notify.c: what systemd hears of a service. */
#include "util/notify.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void is_sent_where_it_is_wanted(void **state)
{
	char path[64], got[64];

	(void)state;
	snprintf(path, sizeof(path), "/tmp/zrep-notify-%ld", (long)getpid());
	int fd = listen_at(path);
	setenv("NOTIFY_SOCKET", path, 1);
	notify_send("READY=1");
	ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	assert_int_equal(n, 7);
	assert_memory_equal(got, "READY=1", 7);
	close(fd);
	unlink(path);
	/* Nobody there, nothing said, nonsense: nothing happens. */
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
}

static void a_watchdog_is_ours_or_it_is_none(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(notify_watchdog(), 3000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog(), 0);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog(), 3000);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_sent_where_it_is_wanted),
	    cmocka_unit_test(a_watchdog_is_ours_or_it_is_none),
	};
	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
