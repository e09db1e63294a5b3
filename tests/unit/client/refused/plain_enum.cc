// An enumeration without MSGPACK_ADD_ENUM in a container.
#include <forkmill/manager.h>

enum class Color { red };

void set(forkmill::Dict<int, std::vector<Color>>& dict) { dict.set(1, {}); }
