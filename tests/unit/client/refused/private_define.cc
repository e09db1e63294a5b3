// A class whose MSGPACK_DEFINE is private.
#include <forkmill/manager.h>

class Hidden {
  int number = 0;
  MSGPACK_DEFINE(number)
};

void append(forkmill::List<Hidden>& list) { list.append({}); }
