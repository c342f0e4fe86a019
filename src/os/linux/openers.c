#include "os/openers.h"

#include "os/linux/proc.h"

struct openers openers_of_mappings(dev_t dev)
{
	return proc_openers_of_mappings("/proc", dev);
}

struct openers openers_of_mount(dev_t dev)
{
	return proc_openers_of_mount("/proc", dev);
}

struct openers openers_of_devices(const dev_t *devs, size_t n)
{
	return proc_openers_of_devices("/proc", devs, n);
}
