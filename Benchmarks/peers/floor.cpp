// The floor: one look at everything with libcurl and simdjson, and nothing around them. Sixteen transfers side by side
// on kept connections, bodies parsed where they lie, strings only where a request is made of them.
//
//   floor ENDPOINT AUTHORITY VAULT
#include <curl/curl.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

namespace {
constexpr int parallel = 16;
simdjson::dom::parser parser;
long items = 0, handlers = 0;
std::deque<std::string> waiting;

struct Transfer {
  CURL *handle;
  std::string body;
  bool is_page;
};

size_t take(char *bytes, size_t size, size_t count, void *into) {
  static_cast<std::string *>(into)->append(bytes, size * count);
  return size * count;
}

void fail(const char *what) {
  std::fprintf(stderr, "floor: %s\n", what);
  std::exit(1);
}
}  // namespace

int main(int count, char **words) {
  if (count != 4) fail("usage: floor ENDPOINT AUTHORITY VAULT");
  const std::string endpoint = words[1], vault = words[3];
  curl_global_init(CURL_GLOBAL_ALL);
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, long(parallel));
  CURLSH *share = curl_share_init();
  curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_slist *fields = nullptr;
  fields = curl_slist_append(fields, "Authorization: Bearer simulator-token");
  fields = curl_slist_append(fields, "Accept: application/json");

  std::deque<Transfer> transfers(parallel);
  std::deque<Transfer *> free_ones;
  for (auto &transfer : transfers) {
    CURL *handle = transfer.handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_CAINFO, words[2]);
    curl_easy_setopt(handle, CURLOPT_SHARE, share);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer.body);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
    free_ones.push_back(&transfer);
  }
  std::string page = endpoint + vault + "/replicationProtectedItems?api-version=2025-08-01";
  bool is_paging = false;
  int running = 0;
  while (true) {
    while (!free_ones.empty()) {
      std::string url;
      bool is_page = false;
      // As the daemon does: the next page once most of the last one's machines are under way.
      if (!is_paging && !page.empty() && waiting.empty()) {
        url.swap(page);
        is_page = is_paging = true;
      } else if (!waiting.empty()) {
        url.swap(waiting.front());
        waiting.pop_front();
      } else {
        break;
      }
      Transfer *transfer = free_ones.front();
      free_ones.pop_front();
      transfer->is_page = is_page;
      transfer->body.clear();
      curl_easy_setopt(transfer->handle, CURLOPT_URL, url.c_str());
      curl_multi_add_handle(multi, transfer->handle);
    }
    curl_multi_perform(multi, &running);
    int left = 0;
    bool is_news = false;
    while (CURLMsg *message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      is_news = true;
      long status = 0;
      Transfer *transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      if (message->data.result != CURLE_OK || status != 200) fail(curl_easy_strerror(message->data.result));
      curl_multi_remove_handle(multi, transfer->handle);
      transfer->body.reserve(transfer->body.size() + simdjson::SIMDJSON_PADDING);
      auto document = parser.parse(transfer->body);
      if (document.error()) fail("no JSON");
      if (transfer->is_page) {
        is_paging = false;
        for (auto row : document["value"].get_array()) {
          items++;
          auto id = row["properties"]["providerSpecificDetails"]["fabricObjectId"].get_string();
          waiting.push_back(
            endpoint + std::string(id.value()) + "?api-version=2024-07-01&$expand=instanceView");
        }
        std::string_view link;
        if (!document["nextLink"].get_string().get(link)) page = std::string(link);
      } else {
        simdjson::dom::array found;
        if (!document["properties"]["instanceView"]["vmAgent"]["extensionHandlers"].get_array().get(found))
          handlers += found.size();
      }
      free_ones.push_back(transfer);
    }
    if (running == 0 && !is_news && waiting.empty() && page.empty() && !is_paging) break;
    if (!is_news && running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  std::printf("{\"items\": %ld, \"handlers\": %ld}\n", items, handlers);
  for (auto &transfer : transfers) curl_easy_cleanup(transfer.handle);
  curl_multi_cleanup(multi);
  return 0;
}
