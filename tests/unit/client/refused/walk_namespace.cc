// A Namespace in a range-for.
#include <forkmill/manager.h>

std::string names(const forkmill::Namespace& space) {
  std::string names;
  for (const auto& [name, value] : space) names += name;
  return names;
}
