// Our question, put by simdjson's DOM: lines FILE or pages FOLDER, then the address and the
// id. Files of lines are read in blocks of whole lines, as our own search reads them.
#include <dirent.h>
#include <strings.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <simdjson.h>

using namespace simdjson;

static const char *email, *id;

static void look_at(dom::element record) {
	std::string_view own, address;
	bool known = record["_id"].get(own) == SUCCESS;
	bool found = known && own == id;
	if (!found && record["metadata"]["email"].get(address) == SUCCESS)
		found = address.size() == strlen(email) && strncasecmp(address.data(), email, address.size()) == 0;
	if (found) printf("%.*s\n", int(own.size()), own.data());
}

static int fail(const char *what) {
	fprintf(stderr, "simdjson: %s\n", what);
	return 1;
}

static int lines(const char *path) {
	const size_t block = 512 << 10;
	dom::parser parser;
	std::vector<char> text(block + SIMDJSON_PADDING);
	FILE *file = fopen(path, "rb");
	if (!file) return fail("cannot open the file");
	setvbuf(file, nullptr, _IONBF, 0);
	for (size_t kept = 0;;) {
		size_t size = kept + fread(text.data() + kept, 1, block - kept, file);
		if (size == 0) break;
		size_t end = size;
		if (!feof(file)) // else the last line may have no end
			while (end > 0 && text[end - 1] != '\n') end--;
		if (end == 0) return fail("a line is longer than a block");
		dom::document_stream records;
		if (parser.parse_many(text.data(), end, block).get(records)) return fail("not JSON");
		for (auto record : records) {
			dom::element e;
			if (record.get(e)) return fail("a line is not JSON");
			look_at(e);
		}
		kept = size - end;
		memmove(text.data(), text.data() + end, kept);
	}
	fclose(file);
	return 0;
}

static int pages(const char *folder) {
	dom::parser parser;
	DIR *dir = opendir(folder);
	if (!dir) return fail("cannot open the folder");
	while (dirent *entry = readdir(dir)) {
		if (strncmp(entry->d_name, "conversations", 13) != 0) continue;
		dom::array records;
		if (parser.load(std::string(folder) + "/" + entry->d_name)["data"].get(records)) return fail("not a page");
		for (dom::element record : records) look_at(record);
	}
	closedir(dir);
	return 0;
}

int main(int, char **arguments) {
	email = arguments[3], id = arguments[4];
	return strcmp(arguments[1], "lines") == 0 ? lines(arguments[2]) : pages(arguments[2]);
}
