// What skim.go says of these.

enum { ELSEWHERE, IDENTITY, OUTSIDE, SEARCHED };    // regions
enum { FINISHED, FULL, STRANGE, UNKNOWN_KEY };      // why skimming stopped
enum { LINES = 1, WHOLE = 2 };                        // flags
enum { ODD_CASE = 1, ASKED_FOR = 2 };               // of keys
enum { ESCAPED = 1, HIGH = 2, NUMBERED = 4, DOUBLED = 16, PROVEN = 64, SIGNLESS = 128, NO_STAND_IN = 256 }; // traits
enum { UNREAD, NOT_ODD, VERY_ODD };                   // characters; others are written as one of ASCII
enum { NUMBER = 1, HAS_GRAM = 2 };                    // of leaves
enum { MAX_DEPTH = 32, MAX_NAMES = 13, MAX_KEYS = 256, MAX_TOKEN = 48, KEY_SLOTS = 1024, MAX_RECORDS = 64, MAX_LEAVES = 256, MAX_PATHS = 1024, WINDOW = 16384, ODD_END = 1 << 17, MAX_UNREAD = 8 };

typedef struct {
	uint32_t start, end;
} range;

typedef struct {
	uint8_t token[MAX_TOKEN], mask[MAX_TOKEN];
	uint8_t size, number, region, flags;
	uint8_t id, next[4];
} known_key;

typedef struct {
	known_key keys[MAX_KEYS];
	uint8_t slots[KEY_SLOTS];
} known_keys;

typedef struct {
	range at, top[MAX_NAMES];
	uint32_t first_leaf, end_leaf;
	uint32_t leaves;
} record;

typedef struct {
	range at;
	uint32_t place, first_path, end_path;
	uint16_t traits;
	uint8_t region, flags;
} leaf;

typedef struct {
	size_t at, from, limit; // in the text
	state pass;
	uint32_t records_used, leaves_used, paths_used, goes_on;
	range key;
	record records[MAX_RECORDS];
	leaf leaves[MAX_LEAVES];
	range paths[MAX_PATHS];
	word room[WINDOW / 64];
	uint8_t tail[128];
	uint32_t unread_used, unread[MAX_UNREAD];
	uint8_t odd[ODD_END];
} skim;

int index_skim(const uint8_t *text, size_t size, int flags, skim *s, const needles *n, known_keys *known);
void index_skim_from(skim *s, size_t at);
