// Route: one operation of the API: its path, its parameters, and the function that carries it out. The table of all is
// routes(); the OpenAPI description is made from it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/web/access/audit.h"
#include "client/web/api/broker.h"
#include "client/web/http/message.h"
#include "client/web/live/error_groups.h"
#include "client/web/live/history.h"

namespace forkmill::web {

// One request of a route.
struct Call {
  Broker& broker;
  const History& history;
  ErrorGroups& errors;
  const Audit& audit;
  std::map<std::string, std::string> path{};   // the values of {…} in the path of the route
  std::map<std::string, std::string> query{};  // the parameters of the query that the route has
  Json body{};                                 // an object; empty for GET
};

struct Parameter {
  enum class Type { text, number, integer, boolean, filter, list };  // number: not below 0

  const char* name;
  Type type;
  const char* description;
  bool required = false;
};

struct Route {
  // Throws Failure or forkmill::Error.
  using Action = Json (*)(Call& call);

  bool changes;      // POST rather than GET
  const char* path;  // "/api/v1/tasks/{id}"
  const char* summary;
  std::vector<Parameter> parameters;  // in the query, or keys of the body of a POST
  Action action;                      // null: the answer is a stream of server-sent events
};

// The route of the logs of tasks, whose stream has what is new only.
inline constexpr const char* kLogsPath = "/api/v1/tasks/{id}/logs";

// All routes.
const std::vector<Route>& routes();

// The routes of queries and of changes, in routes().
std::vector<Route> query_routes();
std::vector<Route> change_routes();
std::vector<Route> steering_routes();
std::vector<Route> bulk_routes();

// The names of the values in the path of a route: {"id"}.
std::vector<std::string> path_parameters(const Route& route);

// Finds the route of a request and reads its parameters. Throws Failure: 404 for an unknown path, 405 for a wrong
// method, 400 for parameters that the route does not have, that are missing or of another type.
const Route& find_route(const Request& request, Call& call);

}  // namespace forkmill::web
