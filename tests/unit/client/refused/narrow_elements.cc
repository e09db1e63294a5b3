// Fractions that are put into containers of integers.
#include <forkmill/manager.h>

void extend(forkmill::List<int>& list) { list.extend(std::vector<double>{1.5, 2.7}); }
