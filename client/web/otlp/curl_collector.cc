#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>

#include "client/web/otlp/collector.h"

namespace forkmill::web::otlp {

namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;
constexpr long kConnectTimeoutMs = 5000;

std::runtime_error unusable(CURLcode code) {
  return std::runtime_error{"libcurl cannot be used: " + std::string{curl_easy_strerror(code)}};
}

// Initializes libcurl, once for the process.
void begin_curl() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun != CURLE_OK) throw unusable(begun);
}

// libcurl reads the file at each connection: a file without use would make all attempts fail. Throws
// std::runtime_error with the path and the reason.
void check_authorities(const std::string& path) {
  const auto wrong = [&](const std::string& why) {
    return std::runtime_error{"the file of certificates " + path + " (OTEL_EXPORTER_OTLP_CERTIFICATE): " + why};
  };
  if (std::error_code error; !std::filesystem::is_regular_file(std::filesystem::status(path, error)))
    throw wrong(error ? error.message() : "it is not a regular file");
  std::ifstream source{path, std::ios::binary};
  if (!source) throw wrong(std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>{source}, {}};
  if (source.bad()) throw wrong("it cannot be read");
  if (text.find("-----BEGIN ") == std::string::npos || text.find("CERTIFICATE-----") == std::string::npos)
    throw wrong("it has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
}

// Keeps the beginning of an answer, and reads the rest.
std::size_t keep(char* data, std::size_t, std::size_t count, void* body) {
  auto& kept = *static_cast<std::string*>(body);
  kept.append(data, std::min(count, kMaxAnswer - kept.size()));
  return count;
}

int end_if_stopped(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stopped)->load() ? 1 : 0;
}

// A connection, which libcurl keeps open between two requests.
class CurlCollector final : public Collector {
 public:
  explicit CurlCollector(const Settings& settings) : curl_{curl_easy_init()} {
    if (curl_ == nullptr) throw unusable(CURLE_FAILED_INIT);
    for (const auto& [name, value] : settings.headers) add_header(name + (value.empty() ? ";" : ": " + value));
    add_header("Content-Type: application/json");
    add_header("Expect:");  // no round trip before a large body
    set(CURLOPT_URL, settings.url.c_str());
    set(CURLOPT_POST, 1L);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "forkmill/" FORKMILL_VERSION);
    set(CURLOPT_NOSIGNAL, 1L);  // other threads run
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_WRITEFUNCTION, &keep);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &end_if_stopped);
    if (!settings.certificate.empty()) set(CURLOPT_CAINFO, settings.certificate.c_str());
  }

  Answer post(const std::string& body, std::chrono::milliseconds timeout, const std::atomic<bool>& stopped) override {
    Answer answer;
    error_[0] = '\0';
    set(CURLOPT_POSTFIELDS, body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set(CURLOPT_WRITEDATA, &answer.body);
    set(CURLOPT_XFERINFODATA, &stopped);
    const CURLcode code = curl_easy_perform(curl_.get());
    if (code != CURLE_OK) {
      answer.failure = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
      return answer;
    }
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
    answer.retry_after = std::chrono::seconds{seconds};
    return answer;
  }

 private:
  struct Cleanup {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  // Fails for want of memory, and for options that this libcurl does not have.
  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(curl_.get(), option, value);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (code != CURLE_OK) throw unusable(code);
  }

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc{};
    static_cast<void>(headers_.release());  // the first entry of a list stays the first
    headers_.reset(longer);
  }

  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, Cleanup> headers_{};
  std::unique_ptr<CURL, Cleanup> curl_;
};

}  // namespace

std::unique_ptr<Collector> make_collector(const Settings& settings) {
  begin_curl();
  if (!settings.certificate.empty()) check_authorities(settings.certificate);
  return std::make_unique<CurlCollector>(settings);
}

}  // namespace forkmill::web::otlp
