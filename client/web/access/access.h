// Access: which requests the gateway answers, and to whom. Pure.
//
//     Host             without tokens, a request must name this gateway: a page of another site could have its name
//                      resolved to this machine, and then read what the gateway answers
//     user             without tokens, the process at the other end must be one of the gateway's own user, or of root
//     Authorization    with tokens, a request must have one of them, here or in the cookie that login() gives
//     Sec-Fetch-Site   pages of other sites may not use the API
//     X-CSRF-Token     a change without a bearer token needs the token of this gateway, which pages of other sites
//                      cannot read
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/web/access/tokens.h"
#include "client/web/http/message.h"

namespace forkmill::web {

struct AccessRules {
  Tokens tokens{};
  std::vector<std::string> hosts{};  // allowed in Host, in lower case, without ports
  uid_t user = 0;                    // that the gateway runs as
  std::string csrf_token{};
  bool is_tls = false;  // the gateway itself speaks TLS
  bool read_only = false;
  std::optional<std::size_t> user_header{};  // index in kUserHeaders: a proxy names its users there
};

class Access {
 public:
  explicit Access(AccessRules rules);

  // Without tokens: which users of this machine may send a request.
  enum class Users { own, all };
  // Returns the user that a request comes from; "anna via TOKENS_USER" if a proxy names one. Throws Failure if it is
  // refused.
  std::string admit(const Request& request, Users users = Users::own) const;
  // Throws Failure if the request does not name this gateway, as it must without tokens.
  void check_host(const Request& request) const;
  // The cookie for a request that has one of the tokens in its body. Throws Failure if it has none, or is one of
  // another site.
  std::string login(const Request& request) const;
  // Throws Failure if this request, which was admitted, must not change anything.
  void admit_change(const Request& request) const;

  const std::string& csrf_token() const { return rules_.csrf_token; }
  bool read_only() const { return rules_.read_only; }

 private:
  std::optional<std::string> user_of(const Headers& headers) const;
  void check_user(const Request& request) const;
  std::string named_by_proxy(const Headers& headers, std::string own) const;

  AccessRules rules_;
};

}  // namespace forkmill::web
