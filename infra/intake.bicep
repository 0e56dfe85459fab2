metadata description = 'The intake app of leadshare: a deployment of its own, after main.bicep, run only when it changes.'

targetScope = 'resourceGroup'

import { namesOf } from 'modules/names.bicep'

@description('Required. Short name of this deployment, the same as main.bicep has.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Optional. Azure region, one that has Flex Consumption.')
param location string = resourceGroup().location

@description('Optional. Tags of all resources.')
param tags { *: string } = {}

@description('Optional. Replication of its host\'s storage. Regions without zones have Standard_LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Optional. Python that the app has: the default of main.bicep, which packages are built for.')
@allowed(['3.11', '3.12', '3.13', '3.14'])
param pythonVersion string = '3.13'

@description('Optional. Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Optional. Instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Requests that one instance takes at once.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Optional. What an update does to instances: replaces them one after the other, which is a preview, or all at once.')
@allowed(['RollingUpdate', 'Recreate'])
param siteUpdateStrategy string = 'RollingUpdate'

@description('Optional. Instances that are always warm, and paid for; none if 0.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('Optional. Whether instances are spread over zones: two are then always warm, and paid for.')
param zoneRedundant bool = false

@description('Optional. Whether main.bicep has made a network: networkRange.')
param isPrivate bool = false

@description('Optional. Whether each write and deletion in the storage of its host is logged, at what docs/cost.md says.')
param logsStorageChanges bool = false

@description('Optional. Whether to lock what cannot be made again against deletion.')
param isLocked bool = false

var names = namesOf(environmentName, uniqueString(resourceGroup().id, environmentName))

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: names.workspace
}

module identity 'modules/identity.bicep' = {
  params: {
    name: names.intakeIdentity
    location: location
    tags: tags
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  params: {
    name: names.intakeHostStorage
    location: location
    tags: tags
    sku: storageSku
    isPrivate: isPrivate
    isLocked: isLocked
    logsChanges: logsStorageChanges
    logAnalyticsId: workspace.id
  }
}

module network 'modules/intake-network.bicep' = if (isPrivate) {
  params: {
    name: names.network
    location: location
    tags: tags
    hostStorageId: hostStorage.outputs.id
  }
}

module access 'modules/intake-access.bicep' = {
  // By name, for what-if knows no outputs.
  dependsOn: [hostStorage]
  params: {
    principalId: identity.outputs.principalId
    storageName: names.storage
    hostStorageName: names.intakeHostStorage
    applicationInsightsName: names.applicationInsights
  }
}

module app 'modules/app.bicep' = {
  // Without its roles the app finds no package.
  dependsOn: [access]
  params: {
    name: names.intake
    planName: names.intakePlan
    service: 'intake'
    location: location
    tags: tags
    identityName: names.intakeIdentity
    storageName: names.storage
    hostStorageName: names.intakeHostStorage
    packages: hostStorage.outputs.packages
    applicationInsightsName: names.applicationInsights
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    siteUpdateStrategy: siteUpdateStrategy
    alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
    zoneRedundant: zoneRedundant
    settings: {}
  }
}

@description('Name of the intake app.')
output intakeName string = app.outputs.name

@description('What listings post leads to, before the listing and the key.')
output intakeUrl string = 'https://${app.outputs.hostName}/api/leads'

@description('Id of the identity that the app runs as, whose tag tells what was deployed last.')
output identityId string = identity.outputs.id
