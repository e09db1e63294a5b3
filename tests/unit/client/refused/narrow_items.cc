// Fractions that are put into a queue of integers.
#include <forkmill/queue.h>

void put(forkmill::Queue<int>& queue) { queue.put_many(std::vector<double>{1.5, 2.7}); }
