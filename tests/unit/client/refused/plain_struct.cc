// A struct without MSGPACK_DEFINE as an element.
#include <forkmill/manager.h>

struct Plain {
  int number = 0;
};

void append(forkmill::List<Plain>& list) { list.append({}); }
void put(forkmill::Queue<Plain>& queue) { queue.put({}); }
void set(forkmill::Dict<int, Plain>& dict) { dict.set(1, {}); }
