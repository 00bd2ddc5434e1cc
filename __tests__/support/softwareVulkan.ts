/** The Vulkan device of Debian's package chromium-common (SwiftShader), on which webgpu is tested if there is no GPU. */
import { existsSync } from 'node:fs';

const folder = '/usr/lib/chromium';
const driver = `${folder}/vk_swiftshader_icd.json`;

export const hasSoftwareVulkan = existsSync(driver);

/** Environment variables with which a process finds it. */
export const softwareVulkan: NodeJS.ProcessEnv = hasSoftwareVulkan
  ? { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: folder }
  : {};
