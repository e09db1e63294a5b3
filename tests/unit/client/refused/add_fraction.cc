// A fraction that is added to integers.
#include <forkmill/manager.h>

int add(forkmill::Value<int>& value) { return value.add(0.5); }
