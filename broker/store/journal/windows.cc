#include "broker/store/journal/windows.h"

#include <algorithm>
#include <cerrno>

#include "broker/store/store_error.h"

namespace forkmill::broker {

std::string_view Windows::read(OpenFile& file, const std::string& path, const Place& place, std::uint64_t end) {
  const auto has_place = [&](const Window& one) {
    return one.segment == place.segment && one.at <= place.at && place.at + place.size <= one.at + one.bytes.size();
  };
  auto found = std::find_if(windows_.begin(), windows_.end(), has_place);
  if (found == windows_.end()) {
    const auto less_recent = [](const Window& a, const Window& b) { return a.used < b.used; };
    found = std::min_element(windows_.begin(), windows_.end(), less_recent);
    const std::uint64_t ahead = place.at < end ? std::min<std::uint64_t>(ahead_, end - place.at) : 0;
    found->segment = place.segment;
    found->at = place.at;
    found->bytes = std::string(std::max(place.size, ahead), '\0');  // keeps no memory of a larger row
    const auto got = file.read(place.at, found->bytes);
    if (!got) throw_system_error(path + " cannot be read", errno);
    found->bytes.resize(*got);
  }
  found->used = ++uses_;
  const std::string_view bytes{found->bytes};
  return bytes.substr(std::min<std::uint64_t>(place.at - found->at, bytes.size()), place.size);
}

}  // namespace forkmill::broker
