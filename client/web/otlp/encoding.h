// Spans as OTLP/JSON has them: ids in hexadecimal digits, 64-bit numbers as strings, keys in lowerCamelCase. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/web/otlp/spans.h"

namespace forkmill::web::otlp {

// Returns a span as a JSON object.
std::string encoded(const Span& span);

// Envelope: what stands around the spans of a request. Copy freely.
class Envelope {
 public:
  // resource: the attributes of the program that sends the spans, such as service.name.
  Envelope(const std::map<std::string, std::string>& resource, const std::string& version);

  // Returns the body of a request (ExportTraceServiceRequest) with these spans, which encoded() has made.
  std::string around(const std::vector<std::string>& spans) const;

 private:
  std::string head_;
};

// Returns how many spans of a request that was accepted the collector has rejected, as its answer says
// (partial_success). 0: none, or the answer says nothing.
std::uint64_t rejected_spans(const std::string& answer);

}  // namespace forkmill::web::otlp
