// The floor under native mode: a small C host that loads the library, opens a supervisor and births containers from the
// bytes of a plan that Node has encoded. What Node's way costs more than this is the price of Node. It takes orders on
// standard input, so that its samples can alternate with others':
//
//   floor LIBRARY ENTRY BEGINNING PLAN...    BEGINNING: what a pool makes of the first plan in advance, or `-`
//   one       a birth that goes on by itself         -> microseconds to the first byte, the exit, the removal
//   parked    a birth, `parked`, then START          -> the same
//   many N    N births, one per plan in flight       -> microseconds in all

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 2, SEND = 3 };                                                          // verbs of the library
enum { BIRTH = 1, START = 2, REMOVE = 7, POOL = 9, CLOSE = 10 };                      // requests
enum { PARKED = 1, FAILED = 2, STARTED = 3, EXITED = 4, OOM = 5, DONE = 6, HELLO = 7 }; // events
enum { PLANS = 64 };

struct request {
  uint32_t op, handle, target, tag;
  int64_t a, b, c, d;
  uint8_t kinds[4];
  int32_t fds[3];
};

struct event {
  uint32_t kind, handle, tag;
  int32_t a;
  int64_t b, c;
};

struct plan {
  uint8_t *message;  // what `send` is called with: the verb, the request's header, the plan
  uint32_t size;
  uint32_t handle;
  int out, err;
};

static int64_t (*call)(const uint8_t *, uint32_t, uint8_t *, uint32_t);
static struct plan plans[PLANS], beginning;
static int plan_count, requests, events;
static uint32_t handles;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what, long code) {
  printf("error %s %ld\n", what, code);
  exit(1);
}

static struct request *header(uint8_t *message) {
  return (struct request *)(message + 16);
}

static void load(struct plan *plan, const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) die(path, errno);
  off_t length = lseek(fd, 0, SEEK_END);
  plan->size = 16 + sizeof(struct request) + length;
  plan->message = calloc(1, plan->size);
  if (pread(fd, plan->message + 16 + sizeof(struct request), length, 0) != length) die(path, errno);
  close(fd);
  uint32_t *words = (uint32_t *)plan->message;
  words[0] = SEND, words[2] = requests, words[3] = length;
}

static void send_plan(struct plan *plan, struct request request, int32_t fds[3]) {
  int32_t reply[16] = {-1, -1, -1};
  *header(plan->message) = request;
  int64_t length;
  do length = call(plan->message, plan->size, (uint8_t *)reply, sizeof reply);
  while (length == -EAGAIN && poll(&(struct pollfd){requests, POLLOUT, 0}, 1, -1) >= 0);
  if (length < 0) die("send", length);
  if (fds) memcpy(fds, reply, 3 * sizeof *fds);
}

static void send_short(struct request request) {
  uint8_t message[16 + sizeof(struct request)] = {0};
  uint8_t reply[64];
  uint32_t *words = (uint32_t *)message;
  words[0] = SEND, words[2] = requests;
  *header(message) = request;
  int64_t length = call(message, sizeof message, reply, sizeof reply);
  if (length < 0) die("send", length);
}

static struct event next(void) {
  struct event event;
  size_t have = 0;
  while (have < sizeof event) {
    ssize_t n = read(events, (char *)&event + have, sizeof event - have);
    if (n <= 0) die("events", n < 0 ? errno : 0);
    have += n;
  }
  if (event.kind == FAILED || (event.kind == DONE && event.a)) die("step", event.b * 1000 + event.a);
  return event;
}

static void await(uint32_t kind, uint32_t handle) {
  for (;;) {
    struct event event = next();
    if (event.kind == kind && event.handle == handle) return;
  }
}

// No standard input, two pipes.
static void birth(struct plan *plan, int on) {
  int32_t fds[3];
  plan->handle = ++handles;
  send_plan(plan, (struct request){.op = BIRTH, .handle = plan->handle, .a = 6, .b = on, .kinds = {0, 1, 1}}, fds);
  plan->out = fds[1], plan->err = fds[2];
}

static void removal(struct plan *plan) {
  close(plan->out);
  close(plan->err);
  send_short((struct request){.op = REMOVE, .handle = plan->handle, .tag = plan->handle});
}

// Of a container that comes next, when there is time.
static void begin_next(void) {
  if (!beginning.message) return;
  send_plan(&beginning, (struct request){.op = POOL, .tag = 1, .a = 1}, NULL);
  await(DONE, 0);
}

static void one(int on) {
  struct plan *plan = plans;
  char byte;
  double begin = now();
  birth(plan, on);
  if (!on) {
    await(PARKED, plan->handle);
    send_short((struct request){.op = START, .handle = plan->handle});
  }
  if (read(plan->out, &byte, 1) != 1) await(EXITED, 0);
  double first = now();
  await(EXITED, plan->handle);
  double exited = now();
  removal(plan);
  await(DONE, plan->handle);
  double gone = now();
  begin_next();
  printf("%.1f %.1f %.1f\n", first - begin, exited - begin, gone - begin);
}

static struct plan *of(uint32_t handle) {
  for (int i = 0; i < plan_count; i++) if (plans[i].handle == handle) return &plans[i];
  return NULL;
}

static void many(int count) {
  int born = 0, gone = 0;
  double begin = now();
  for (; born < plan_count && born < count; born++) birth(&plans[born], 1);
  while (gone < count) {
    struct event event = next();
    struct plan *plan = of(event.handle);
    if (event.kind == EXITED && plan) removal(plan);
    if (event.kind != DONE || !plan) continue;
    gone++;
    if (born < count) birth(plan, 1), born++;
  }
  printf("%.1f\n", now() - begin);
}

static void open_supervisor(const char *entry) {
  uint32_t length = strlen(entry);
  uint8_t *message = calloc(1, 16 + length + 8);
  int32_t reply[16];
  uint32_t *words = (uint32_t *)message;
  words[0] = OPEN, words[2] = 0, words[3] = length;
  memcpy(message + 16, entry, length);
  int64_t done = call(message, 16 + length, (uint8_t *)reply, sizeof reply);
  if (done < 0) die("open", done);
  requests = reply[1], events = reply[2];
  free(message);
  if (next().kind != HELLO) die("hello", 0);
}

int main(int argc, char **argv) {
  if (argc < 5) die("usage", argc);
  setvbuf(stdout, NULL, _IOLBF, 0);
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!library) die(dlerror(), 0);
  *(void **)&call = dlsym(library, "twinbox_call");
  if (!call) die("twinbox_call", 0);
  open_supervisor(argv[2]);
  for (int i = 4; i < argc && plan_count < PLANS; i++) load(&plans[plan_count++], argv[i]);
  if (strcmp(argv[3], "-")) load(&beginning, argv[3]);
  begin_next();
  printf("ready\n");
  for (char line[64]; fgets(line, sizeof line, stdin);) {
    if (!strncmp(line, "one", 3)) one(1);
    else if (!strncmp(line, "parked", 6)) one(0);
    else if (!strncmp(line, "many ", 5)) many(atoi(line + 5));
  }
  send_short((struct request){.op = CLOSE, .tag = 1});
  while (next().kind != DONE);
  return 0;
}
