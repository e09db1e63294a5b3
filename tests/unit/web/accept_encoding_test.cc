#include "client/web/http/accept_encoding.h"

#include <doctest/doctest.h>

namespace forkmill::web::accept_encoding_test {
namespace {

TEST_CASE("gzip is accepted by peers that name it or all encodings, with a weight or without") {
  for (const char* header :
       {"gzip", "gzip, deflate, br", "br,gzip", "GZIP", "x-gzip", " gzip ; q=0.5", "gzip;q=1.0",
        "deflate;q=0, gzip;q=0.001", "*", "identity;q=0, *;q=0.5", "gzip;level=9;q=1", "*;q=0, gzip"})
    CHECK_MESSAGE(accepts_gzip(header), header);
}

TEST_CASE("gzip is not accepted by peers that do not name it, or with a weight of 0") {
  for (const char* header : {"", " ", ",", ";", "identity", "br, deflate", "gzip;q=0", "gzip; Q=0.000", "gzip ; q = 0",
                             "gzip;level=9;q=0", "*;q=0", "gzip;q=0, *", "*, gzip;q=0", "gzipped", "not-gzip"})
    CHECK_MESSAGE(!accepts_gzip(header), header);
}

}  // namespace
}  // namespace forkmill::web::accept_encoding_test
