/*
 * relay TARGET-PORT [DELAY-MS]: the network cable in front of a userspace host's sshd. Listens on a port of
 * 127.0.0.1 that it prints, and passes bytes on to TARGET-PORT, each DELAY-MS later.
 *
 * SIGSTOP cuts the cable: what is sent is neither delivered nor refused, and connections stay open.
 * SIGCONT mends it. SIGUSR1 resets every connection.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, CHUNKS = 64, MAX = 1024 };

/* One direction: chunks on their way, in a ring. */
struct way {
	struct chunk {
		char *data;
		size_t off, len; /* len 0: the end of the stream */
		uint64_t due;
	} ring[CHUNKS];
	unsigned first, count;
	bool ended; /* nothing more comes in */
	bool done;  /* the end has been passed on */
};

struct link {
	int fd[2];
	struct way way[2]; /* way[i] leads from fd[i] to fd[!i] */
};

static struct link *links[MAX];
static int nlinks;
static uint64_t delay;
static volatile sig_atomic_t reset;

static void on_usr1(int sig)
{
	(void)sig;
	reset = 1;
}

static uint64_t now_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void link_free(struct link *l, bool hard)
{
	for (int i = 0; i < 2; i++) {
		struct linger rst = {1, 0};
		if (hard)
			setsockopt(l->fd[i], SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
		close(l->fd[i]);
		for (struct way *w = &l->way[i]; w->count > 0; w->count--, w->first++)
			free(w->ring[w->first % CHUNKS].data);
	}
	free(l);
}

static void link_new(int client, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, host = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct link *l = calloc(1, sizeof *l);
	if (nlinks == MAX || l == NULL || host < 0 ||
	    connect(host, (struct sockaddr *)&in, sizeof in) != 0) {
		struct linger rst = {1, 0}; /* the host is off */
		setsockopt(client, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
		close(client);
		if (host >= 0)
			close(host);
		free(l);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(host, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	l->fd[0] = client;
	l->fd[1] = host;
	links[nlinks++] = l;
}

/*
 * Takes in what came. Returns false when the connection broke. What came is acknowledged at once, and the system has to be
 * told so each time: ssh and sshd often send two small packets one after the other, and keep the second one back until the
 * first is acknowledged, which may take 40 ms. A login had two of these.
 */
static bool take(struct way *w, int fd)
{
	int one = 1;
	struct chunk *c = &w->ring[(w->first + w->count) % CHUNKS];
	char *data = malloc(CHUNK);
	ssize_t n = data == NULL ? -1 : recv(fd, data, CHUNK, MSG_DONTWAIT);
	if (n <= 0) {
		free(data);
		data = NULL;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	*c = (struct chunk){data, 0, (size_t)n, now_ms() + delay};
	w->count++;
	w->ended = n == 0;
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	return true;
}

static bool is_due(const struct way *w, uint64_t now)
{
	return w->count > 0 && w->ring[w->first % CHUNKS].due <= now;
}

/* Passes on what is due. */
static bool pass(struct way *w, int fd, uint64_t now)
{
	while (is_due(w, now)) {
		struct chunk *c = &w->ring[w->first % CHUNKS];
		if (c->len == 0) {
			shutdown(fd, SHUT_WR);
			w->done = true;
		} else {
			ssize_t n = send(fd, c->data + c->off, c->len - c->off,
					 MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0)
				return errno == EAGAIN || errno == EINTR;
			c->off += (size_t)n;
			if (c->off < c->len)
				return true;
		}
		free(c->data);
		w->first = (w->first + 1) % CHUNKS;
		w->count--;
	}
	return true;
}

/* Fills in what to wait for on the link's two sockets; returns for how long at most. */
static int want(struct link *l, struct pollfd p[2], uint64_t now)
{
	int wait = -1;
	for (int i = 0; i < 2; i++)
		p[i] = (struct pollfd){l->fd[i], 0, 0};
	for (int i = 0; i < 2; i++) {
		struct way *w = &l->way[i];
		if (!w->ended && w->count < CHUNKS)
			p[i].events |= POLLIN;
		if (is_due(w, now))
			p[!i].events |= POLLOUT;
		else if (w->count > 0) {
			int ms = (int)(w->ring[w->first % CHUNKS].due - now);
			wait = wait < 0 || ms < wait ? ms : wait;
		}
	}
	for (int i = 0; i < 2; i++)
		if (p[i].events == 0)
			p[i].fd = -1; /* else a hangup that we know of would keep us busy */
	return wait;
}

static bool serve(struct link *l, const struct pollfd p[2])
{
	bool ok = true;
	for (int i = 0; i < 2 && ok; i++) {
		struct way *w = &l->way[i];
		if (p[i].fd >= 0 && (p[i].revents & (POLLIN | POLLHUP | POLLERR)) && !w->ended &&
		    w->count < CHUNKS)
			ok = take(w, l->fd[i]);
		if (ok)
			ok = pass(w, l->fd[!i], now_ms());
	}
	return ok;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: relay TARGET-PORT [DELAY-MS]\n");
		return 2;
	}
	int port = atoi(argv[1]);
	delay = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	struct sigaction sa = {.sa_handler = on_usr1};
	sigaction(SIGUSR1, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof in;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&in, len) != 0 ||
	    listen(listener, 128) != 0 ||
	    getsockname(listener, (struct sockaddr *)&in, &len) != 0) {
		perror("relay");
		return 1;
	}
	printf("%d\n", ntohs(in.sin_port));
	fflush(stdout);

	static struct pollfd p[1 + 2 * MAX];
	for (;;) {
		uint64_t now = now_ms();
		int wait = -1;
		p[0] = (struct pollfd){listener, POLLIN, 0};
		for (int i = 0; i < nlinks; i++) {
			int ms = want(links[i], p + 1 + 2 * i, now);
			if (ms >= 0 && (wait < 0 || ms < wait))
				wait = ms;
		}
		int polled = nlinks;
		int n = poll(p, 1 + 2 * (nfds_t)polled, wait);
		if (reset) {
			reset = 0;
			while (nlinks > 0)
				link_free(links[--nlinks], true);
			continue;
		}
		if (n < 0)
			continue;
		for (int i = polled; i-- > 0;) {
			struct link *l = links[i];
			bool ok = serve(l, p + 1 + 2 * i);
			if (!ok || (l->way[0].done && l->way[1].done)) {
				link_free(l, !ok);
				links[i] = links[--nlinks];
			}
		}
		int client = p[0].revents != 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
		if (client >= 0)
			link_new(client, port);
	}
}
