// A Queue in a range-for.
#include <forkmill/manager.h>

int sum(const forkmill::Queue<int>& queue) {
  int sum = 0;
  for (const int one : queue) sum += one;
  return sum;
}
