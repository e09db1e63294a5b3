// The header Accept-Encoding. Pure.
#pragma once

#include <string_view>

namespace forkmill::web {

// Whether a peer that sends this header takes bodies that are compressed by gzip (RFC 9110, 12.5.3). Without the
// header, it does not ask for any.
bool accepts_gzip(std::string_view header);

}  // namespace forkmill::web
