// A fraction as the initial value of an integer.
#include <forkmill/manager.h>

forkmill::Value<int> make() { return forkmill::Value<int>{3.7}; }
