#include "ui/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/err.h"
#include "util/mem.h"

void json_add_text(nvlist_t *to, const char *key, const char *text)
{
	char *clean = str_clean(mem_strdup(text));

	nv_add_str(to, key, clean);
	free(clean);
}

void json_add_remedy(const struct ui *u, nvlist_t *to, const char *key, const char *text)
{
	char *said = ui_text(u, text);

	nv_add_str(to, key, said);
	free(said);
}

void json_print(const nvlist_t *nv)
{
	/* 2.1 declares it without const. */
	nvlist_print_json(stdout, (nvlist_t *)(uintptr_t)nv);
	printf("\n");
}
