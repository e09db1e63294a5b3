// A Value in a range-for.
#include <forkmill/manager.h>

int sum(const forkmill::Value<int>& value) {
  int sum = 0;
  for (const int one : value) sum += one;
  return sum;
}
