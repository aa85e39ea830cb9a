// The smallest program whose start can be seen from outside: static, without a C library, prints one byte and exits.
// Other programs' start-up cost stays out of the comparison. With an argument it sleeps for good instead.

static long call(long number, long a, long b, long c) {
  long result;
#if defined(__x86_64__)
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  result = x0;
#endif
  return result;
}

#if defined(__x86_64__)
enum { WRITE = 1, PAUSE = 34, EXIT = 60 };
__asm__(".globl _start\n_start: mov %rsp, %rdi\n  andq $-16, %rsp\n  call begin\n");
#elif defined(__aarch64__)
enum { WRITE = 64, PAUSE = 73 /* ppoll of nothing */, EXIT = 93 };
__asm__(".globl _start\n_start: mov x0, sp\n  bl begin\n");
#endif

__attribute__((used)) void begin(const long *stack) {
  call(WRITE, 1, (long)"x", 1);
  while (stack[0] > 1) call(PAUSE, 0, 0, 0);
  call(EXIT, 0, 0, 0);
}
