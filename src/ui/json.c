#include "ui/json.h"

#include <stdio.h>

static void json_print(const nvlist_t *run)
{
	/* 2.1 declares it without const. */
	nvlist_print_json(stdout, (nvlist_t *)(uintptr_t)run);
	printf("\n");
}

const struct ui_format json_format = {"json", json_print};
